"""Parses TwiML as strictly as Twilio does, and runs it."""
