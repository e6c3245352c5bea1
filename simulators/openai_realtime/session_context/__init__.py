"""The objects that all parts of a session share: its state, its connection, its conversation and its tasks."""
