"""One path and what each method does there; a method that does nothing gets a 405 that names the others."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from services.webhook.http.problems import ProblemError, ProblemKind

Respond = Callable[[Request], Awaitable[Response]]


class Resource:
    """An ASGI application for one path. `HEAD` is answered like `GET`; the server leaves the body away."""

    def __init__(self, methods: Mapping[str, Respond]) -> None:
        self._methods = dict(methods)
        if "GET" in self._methods:
            self._methods.setdefault("HEAD", self._methods["GET"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            ProblemError: The method does nothing here.
        """
        respond = self._methods.get(scope["method"])
        if respond is None:
            allowed = ", ".join(sorted(self._methods))
            raise ProblemError(ProblemKind.METHOD_NOT_ALLOWED, f"Allowed here: {allowed}.", headers={"allow": allowed})
        response = await respond(Request(scope, receive))
        await response(scope, receive, send)
