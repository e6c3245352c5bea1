"""The microphone client: a person's own voice in a call with the bot, over the protocol that Twilio speaks, without a phone."""
