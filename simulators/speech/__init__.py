"""The speech in calls: the known phrases, and the engine that renders them."""
