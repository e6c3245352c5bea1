"""What webhook service, dialer and bridge share about Twilio: its words, our URLs and TwiML, and the stream's token."""
