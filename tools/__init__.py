"""Programs that a person runs by hand, and the checkers of this repository."""
