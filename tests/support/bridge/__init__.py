"""The media bridge for tests: as a process, and one call of it between fakes."""
