"""The state of a conversation, composed of parts: each owns its fields, and its methods alone write them."""
