"""One session: its input audio, the events of its client, and its end."""
