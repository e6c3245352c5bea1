"""One session: its connection, its input audio, its conversation and its responses."""
