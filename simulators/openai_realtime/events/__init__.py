"""The events that a client may send, checked against the shapes that the API documents."""
