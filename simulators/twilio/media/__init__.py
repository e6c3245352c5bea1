"""Media streams and the sound of a line."""
