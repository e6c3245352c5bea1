"""A change of state until a subscriber has it."""
