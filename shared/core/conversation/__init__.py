"""The talk on the line, as a pure machine: events in, actions out, the next deadline told; no socket, no clock."""
