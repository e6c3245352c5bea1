"""The parts of a conversation's state: each owns its fields, and its methods alone write them."""
