"""HTTP for every route: middleware, bodies, methods, problems, event streams."""
