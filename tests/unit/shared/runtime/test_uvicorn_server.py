"""A draining process keeps what it has and refuses what is new."""

import signal
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import DrainServer, RefuseWhileDraining, server_config
from shared.settings.parsers import Bind


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "let.through"})


async def nothing() -> dict[str, Any]:
    return {}


@pytest.fixture
def health() -> Health:
    return Health(make_registry("media_bridge"))


async def answers(health: Health, scope: dict[str, Any]) -> list[Any]:
    sent: list[Any] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await RefuseWhileDraining(app, health=health)(scope, nothing, send)
    return [message.get("status", message.get("code", message["type"])) for message in sent]


HTTP = {"type": "http", "path": "/v1/confirmations"}
WEBSOCKET = {"type": "websocket", "path": "/media-stream", "extensions": {"websocket.http.response": {}}}


async def test_everything_is_let_through_before(health: Health) -> None:
    assert await answers(health, HTTP) == ["let.through"]
    assert await answers(health, WEBSOCKET) == ["let.through"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (HTTP, [503, "http.response.body"]),
        (WEBSOCKET, [503, "websocket.http.response.body"]),
        ({"type": "websocket", "path": "/media-stream"}, [1012]),
        ({"type": "http", "path": "/readyz"}, ["let.through"]),
        ({"type": "lifespan"}, ["let.through"]),
    ],
)
async def test_only_health_is_let_through_while_draining(health: Health, scope: dict[str, Any], expected: list[object]) -> None:
    health.start_draining()

    assert await answers(health, scope) == expected


def test_the_first_signal_drains_and_the_second_ends(health: Health) -> None:
    server = DrainServer(server_config(app, Bind("127.0.0.1", 0)), health=health, drain_timeout_s=1)

    server.handle_exit(signal.SIGTERM, None)
    assert (health.is_draining, server.should_exit, server.force_exit) == (True, True, False)

    server.handle_exit(signal.SIGTERM, None)
    assert server.force_exit
