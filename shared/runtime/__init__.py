"""What every process needs to run: server, supervisor of child processes, health, metrics."""
