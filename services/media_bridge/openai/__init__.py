"""The OpenAI Realtime side: socket, events in, requests out, prices."""
