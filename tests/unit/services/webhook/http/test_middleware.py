"""The log of requests: it holds no word of a stranger's."""

from typing import Any

from prometheus_client import CollectorRegistry
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from services.webhook.api.auth import Caller
from services.webhook.http.middleware import RequestMiddleware
from shared.runtime.health import Health

GIVEN = "38344123456-arta"


async def _request(caller: Caller | None) -> tuple[str, str]:
    """Send a request with an id of its own, and return the id in the answer and the one in the log."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if caller is not None:
            scope["state"]["caller"] = caller
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:  # Any: an ASGI message
        return {"type": "http.request"}

    async def send(message: Any) -> None:  # noqa: ANN401  # Any: an ASGI message
        sent.append(message)

    sent: list[dict[str, Any]] = []  # Any: ASGI messages
    registry = CollectorRegistry()
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"x-request-id", GIVEN.encode())]}
    with capture_logs() as lines:
        await RequestMiddleware(app, registry=registry, health=Health(registry))(scope, receive, send)
    return dict(sent[0]["headers"])[b"x-request-id"].decode(), lines[0]["request_id"]


async def test_the_log_holds_no_id_that_a_stranger_chose() -> None:
    answered, logged = await _request(None)
    assert answered == GIVEN
    assert logged.startswith("req_")


async def test_a_shop_finds_its_own_id_in_the_log() -> None:
    assert await _request(Caller("shopaz", "0123abcd")) == (GIVEN, GIVEN)
