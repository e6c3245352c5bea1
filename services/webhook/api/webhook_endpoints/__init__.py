"""`/v1/webhook-endpoints`: the URLs to which a shop has its events sent."""
