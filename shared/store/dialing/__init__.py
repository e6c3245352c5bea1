"""What is due, and who may call it now."""
