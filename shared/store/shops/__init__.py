"""What is kept for each shop: idempotency keys, rates, numbers not to be called."""
