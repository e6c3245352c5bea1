"""Programs that generate files of this repository from its code."""
