"""What is done about each event: the functions that the table of the conversation machine names."""
