"""A shop's webhook endpoint: its URL, signature, and when a delivery is tried again."""
