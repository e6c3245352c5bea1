"""Stereo WAV files of calls: written, and erased in time."""
