"""A year of orders on virtual time."""
