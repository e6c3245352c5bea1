"""Only a browser on this very machine, on our own page, finds the softphone."""

import pytest
from starlette.requests import Request

from services.webhook.softphone.local_only import is_nearby


def asked(*, client: str = "127.0.0.1", **headers: str) -> bool:
    given = {"host": "127.0.0.1:5050"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return is_nearby(Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "client": (client, 1)}))


@pytest.mark.parametrize("host", ["127.0.0.1:5050", "localhost:5050", "[::1]:5050", "localhost"])
def test_this_machine_finds_it(host: str) -> None:
    assert asked(host=host)
    assert asked(client="::1", host=host, x_forwarded_for="127.0.0.1")


def test_another_machine_does_not_by_whatever_way() -> None:
    assert not asked(client="192.168.1.7")
    assert not asked(x_forwarded_for="192.168.1.7")
    assert not asked(x_forwarded_for="127.0.0.1, 203.0.113.9")
    assert not asked(x_forwarded_for="unknown")


@pytest.mark.parametrize(
    "host", ["[::1", "calls.shop.example", "a1b2.ngrok.app", "127.0.0.1.evil.example", "", "localhost.evil.example"]
)
def test_a_tunnel_or_a_name_that_points_here_does_not(host: str) -> None:
    assert not asked(host=host)


@pytest.mark.parametrize(
    "headers",
    [
        {"x_forwarded_for": "203.0.113.9"},
        {"x_forwarded_for": "127.0.0.1", "x_forwarded_host": "a1b2.ngrok.app"},
        {"cf_connecting_ip": "203.0.113.9"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 Caddy"},
        {"x_real_ip": "203.0.113.9"},
    ],
)
def test_a_tunnel_that_rewrites_the_host_does_not_either(headers: dict[str, str]) -> None:
    assert not asked(host="localhost:8000", **headers)


def test_another_sites_page_can_not_make_calls() -> None:
    assert asked(origin="http://127.0.0.1:5050", sec_fetch_site="same-origin")
    assert not asked(origin="https://evil.example")
    assert not asked(origin="http://127.0.0.1:9999")
    assert not asked(sec_fetch_site="cross-site")
