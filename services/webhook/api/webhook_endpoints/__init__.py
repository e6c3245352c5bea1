"""`/v1/webhook-endpoints`: where a shop wants its events delivered."""
