"""HTTP in: the shops' REST API, Twilio's requests, health and docs."""
