"""Stored confirmations: records, events, transcripts, and how they are found."""
