"""Webhook endpoints, and the events that wait to be delivered to them."""
