"""One session: its input audio, its client's events, and its end."""
