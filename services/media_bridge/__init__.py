"""The live call: carries audio between Twilio and the speech model, and lets the conversation machine decide."""
