"""The media bridge to test with: as a process, and a call of it between fakes."""
