"""What Twilio asks of us and tells us; every request is signed."""
