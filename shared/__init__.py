"""What the services have in common: the pure core, the store, and the plumbing."""
