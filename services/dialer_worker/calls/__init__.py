"""One confirmation's call: placing it at Twilio, and settling calls whose fate is unknown."""
