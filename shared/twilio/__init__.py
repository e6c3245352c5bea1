"""What the webhook service, the dialer and the bridge agree on with Twilio and with each other."""
