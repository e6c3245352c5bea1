"""Scenarios: scripted calls through the whole system, read from YAML, played side by side, checked by what was heard."""
