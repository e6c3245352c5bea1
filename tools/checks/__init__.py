"""Checks of `make lint` that no other program makes."""
