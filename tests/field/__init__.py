"""Hundreds of simulated calls side by side, with a model and phones as in the field; it counts what may not happen."""
