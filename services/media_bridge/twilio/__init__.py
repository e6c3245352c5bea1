"""The Twilio side: the media stream's socket and frames, and the handshake's signature."""
