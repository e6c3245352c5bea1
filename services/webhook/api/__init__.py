"""The REST API for shops: `docs/` and `/openapi.json` describe it."""
