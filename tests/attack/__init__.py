"""Attacks on the running system, each beside live calls: who cannot sign or has no right must not be noticed by those who can."""
