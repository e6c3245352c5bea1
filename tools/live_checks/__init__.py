"""What `make doctor LIVE=1` adds: it uses the vendors' services as a call does, for a few cents."""
