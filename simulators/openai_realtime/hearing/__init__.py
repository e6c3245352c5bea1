"""What the model hears: audio, voice activity, words."""
