"""TwiML: parsed as strictly as Twilio does, and carried out."""
