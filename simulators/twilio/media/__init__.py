"""Media streams and the audio of a line."""
