"""A small CRM that misses no outcome: the reference for shops that read the stream. `python -m tools.crm_example --help`."""
