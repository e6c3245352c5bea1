"""The live call: admission, the conversation, the audio, and what is written of it."""
