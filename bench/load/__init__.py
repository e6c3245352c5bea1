"""The load on a bridge: simulated callers and speech models in a process of their own."""
