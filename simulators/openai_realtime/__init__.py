"""A strict simulator of the OpenAI Realtime API (GA, WebSocket) that recognizes real speech and answers with real speech."""
