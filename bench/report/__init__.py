"""Counters, plots and tables of the measurements."""
