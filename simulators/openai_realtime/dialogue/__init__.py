"""The simulated model's speech and function calls, as pure functions of its instructions and of the conversation."""
