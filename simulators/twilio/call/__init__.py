"""One call: the request for it, its state, and the callbacks that report it."""
