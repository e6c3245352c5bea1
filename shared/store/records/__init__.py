"""Confirmations as they are kept: records, events, transcripts, and how they are found."""
