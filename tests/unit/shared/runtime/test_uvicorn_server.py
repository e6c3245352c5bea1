"""A server drains at the first signal and ends at the second."""

import signal

import pytest
from starlette.types import Receive, Scope, Send

from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import DrainServer, server_config
from shared.settings.parsers import Bind


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


def server(health: Health, *, drain_timeout_s: float = 1) -> DrainServer:
    return DrainServer(server_config(app, Bind("127.0.0.1", 0)), health=health, drain_timeout_s=drain_timeout_s)


@pytest.fixture
def health() -> Health:
    return Health(make_registry("webhook"))


def test_the_first_signal_drains_and_the_second_ends(health: Health) -> None:
    subject = server(health)

    subject.handle_exit(signal.SIGTERM, None)
    assert (health.is_draining, subject.should_exit, subject.force_exit) == (True, True, False)

    subject.handle_exit(signal.SIGTERM, None)
    assert subject.force_exit


@pytest.mark.parametrize(("drain_timeout_s", "limit_s"), [(180, 5), (2, 2), (0.3, 1)])
def test_requests_in_hand_get_the_drains_time_and_at_most_five_seconds(
    health: Health, drain_timeout_s: float, limit_s: int
) -> None:
    assert server(health, drain_timeout_s=drain_timeout_s).config.timeout_graceful_shutdown == limit_s
