"""A small, fast Twilio with seeded faults."""
