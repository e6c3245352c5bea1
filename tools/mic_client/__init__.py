"""The microphone client: a person talks to the bot without a phone, over the protocol that Twilio speaks."""
