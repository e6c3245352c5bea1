"""A process tells whether it lives, whether it is ready, and its figures."""

import asyncio

import httpx
import pytest
from prometheus_client import Counter

from shared.core.errors import StoreUnavailableError
from shared.runtime.health import Health, Probe
from shared.runtime.metrics import make_registry


async def fine() -> str | None:
    return None


async def away() -> str | None:
    raise StoreUnavailableError("no answer")


async def silent() -> str | None:
    await asyncio.Event().wait()
    return None


async def paused() -> str | None:
    return "dialing is paused: 401 from Twilio"


def health(*checks: tuple[str, Probe]) -> Health:
    return Health(make_registry("webhook"), checks, check_timeout_s=0.01)


async def ask(subject: Health, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(subject.app()), base_url="http://test") as client:
        return await client.get(path)


async def test_it_is_alive_whatever_its_needs() -> None:
    assert (await ask(health(("redis", away)), "/healthz")).status_code == 200


async def test_it_is_ready_when_all_checks_pass() -> None:
    response = await ask(health(("redis", fine)), "/readyz")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.parametrize(
    ("probe", "reason"),
    [
        (away, "StoreUnavailableError"),
        (silent, "no answer within 0.01 s"),
        (paused, "dialing is paused: 401 from Twilio"),
    ],
)
async def test_it_is_not_ready_and_says_why(probe: Probe, reason: str) -> None:
    response = await ask(health(("redis", fine), ("need", probe)), "/readyz")

    assert response.status_code == 503
    assert response.json() == {"status": "not_ready", "reasons": {"need": reason}}


async def test_it_is_not_ready_while_draining() -> None:
    subject = health(("redis", fine))
    subject.start_draining()

    response = await ask(subject, "/readyz")

    assert response.status_code == 503
    assert response.json()["reasons"] == {"process": "draining"}


async def test_metrics_have_the_process_and_what_it_counts() -> None:
    subject = health()
    Counter("calls", "Calls", ["outcome"], registry=subject.registry).labels("confirmed").inc()

    response = await ask(subject, "/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    assert 'calls_total{outcome="confirmed"} 1.0' in response.text
    assert 'service_info{service="webhook"} 1.0' in response.text
    assert "process_resident_memory_bytes" in response.text


def test_two_registries_do_not_meet() -> None:
    for _ in range(2):
        Counter("calls", "Calls", registry=make_registry("webhook"))
