"""Tests by many runs: a year of calls on virtual time, and real processes that are killed while they place calls."""
