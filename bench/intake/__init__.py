"""Orders posted, beside a bare peer."""
