"""The bridge's audio path beside bare relays, its turns, noisy neighbours, memory."""
