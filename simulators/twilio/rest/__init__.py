"""Twilio's REST API for calls, and the simulator's own control routes."""
