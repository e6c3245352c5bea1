"""Calls, from the queue to their last callback, and the people who answer them."""
