"""The connection to Redis: pool, scripts, batching, notifications, configuration."""
