"""A strict simulator of Twilio Voice: REST, signed webhooks, TwiML and the client side of Media Streams."""
