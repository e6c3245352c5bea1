"""How `/openapi.json` is made from the operations."""
