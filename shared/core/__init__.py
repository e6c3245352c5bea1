"""The business, pure: no socket, no clock, no chance. Time and identity come in as arguments."""
