"""Erases confirmations and customers, also records that cannot be read."""
