"""The shop's audit: what its keys and the operator's commands changed."""
