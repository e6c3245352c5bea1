"""What can happen to a confirmation, what that changes, and what the shop is told of it."""
