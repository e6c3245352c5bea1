"""One call's conversation as a pure machine: it takes events, returns actions and names its next deadline; no socket, no clock."""
