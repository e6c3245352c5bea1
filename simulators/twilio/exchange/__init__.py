"""The exchange: queues and places calls, and runs each one with the customer who answers it."""
