"""The webhook service for tests: in this process, as a process, and a client of its event streams."""
