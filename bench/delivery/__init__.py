"""Measures the time from a change of state until a subscriber has its event."""
