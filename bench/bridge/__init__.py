"""Measures the bridge: its audio path compared with bare relays, its turns, noisy neighbours, its memory."""
