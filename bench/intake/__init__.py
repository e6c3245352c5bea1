"""Measures the intake of orders, compared with a bare peer."""
