"""Delivers events to the shops' webhook endpoints."""
