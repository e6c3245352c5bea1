"""Webhook endpoints, and what waits to be delivered to them."""
