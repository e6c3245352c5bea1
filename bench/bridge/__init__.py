"""The bridge's audio path beside bare relays, its turns, neighbours in trouble, memory."""
