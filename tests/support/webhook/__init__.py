"""The webhook service to test with: in this process, as a process, and a client of its event streams."""
