"""When a confirmation is called, when it is looked at again, and how long it is kept."""
