"""What is due, and which calls may be placed now."""
