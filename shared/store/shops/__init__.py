"""What is stored for each shop: idempotency keys, rate limits, numbers that must not be called."""
