"""The model's responses: which may run, what they hold, and how they are sent."""
