"""A strict stand-in for the OpenAI Realtime API (GA, WebSocket), which really listens and really speaks."""
