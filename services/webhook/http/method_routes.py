"""One path and the handler of each method; a method without one is answered with a 405 that names the others."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.webhook.http.problems import ProblemError, ProblemKind

RequestHandler = Callable[[Request], Awaitable[Response]]


class MethodRoutes:
    """An ASGI application for one path. `HEAD` is answered like `GET`; the server leaves the body out."""

    def __init__(self, methods: Mapping[str, RequestHandler]) -> None:
        self._methods = dict(methods)
        if "GET" in self._methods:
            self._methods.setdefault("HEAD", self._methods["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ProblemError: The method is not allowed here.
        """
        handler = self._methods.get(scope["method"])
        if handler is None:
            allowed = ", ".join(sorted(self._methods))
            raise ProblemError(ProblemKind.METHOD_NOT_ALLOWED, f"Allowed here: {allowed}.", headers={"allow": allowed})
        response = await handler(Request(scope, receive))
        await response(scope, receive, send)
