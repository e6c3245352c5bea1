"""The demo: the whole system on embedded parts, with twelve simulated customers."""
