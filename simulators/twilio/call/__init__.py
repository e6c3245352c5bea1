"""One call: what was asked for, where it stands, and the callbacks that report it."""
