"""Processes the audio that the model receives: formats, voice activity, words."""
