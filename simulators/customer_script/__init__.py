"""The script of a simulated customer, read from JSON: what they do at each call."""
