"""Placements per second, and how fast orders go on after a death."""
