"""Scenarios: scripted calls through the whole system, read from YAML, played concurrently, checked by what was heard."""
