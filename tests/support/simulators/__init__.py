"""Both simulators as processes, and clients for them."""
