"""Measurements, plots and tables."""
