"""The model's responses: which ones may run, their content, and how they are sent."""
