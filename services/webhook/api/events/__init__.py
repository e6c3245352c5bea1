"""`/v1/events` and `/v1/confirmations/{id}/events`: what happens, as server-sent events."""
