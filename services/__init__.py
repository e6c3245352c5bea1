"""The processes that run: webhook, media bridge and dialer worker."""
