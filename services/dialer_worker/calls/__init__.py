"""One confirmation's call: placing it at Twilio, and settling calls whose result is unknown."""
