"""Faults of processes: they are killed or frozen, at named steps or at random."""
