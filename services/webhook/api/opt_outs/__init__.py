"""`/v1/opt-outs`: the do-not-call list of a shop."""
