"""Figures, plots and tables."""
