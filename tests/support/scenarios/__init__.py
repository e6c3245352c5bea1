"""Scenarios: scripted calls through the whole system, read from YAML, played side by side, judged by what was heard."""
