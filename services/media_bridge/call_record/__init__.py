"""What is written of a call while it goes on, and what others write about it: facts, transcript, changes of the record."""
