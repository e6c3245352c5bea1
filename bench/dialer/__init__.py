"""Measures the dialer: placements per second, and how fast it continues after a process dies."""
