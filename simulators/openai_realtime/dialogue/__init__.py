"""What the simulated model says and calls, as pure functions of its instructions and of the conversation."""
