"""Webhook URLs: what is signed, and what the fragment asks for."""

import pytest

from simulators.twilio.call.webhooks import limits_of, signed_url


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("https://h.example/a?b=1", "https://h.example/a?b=1"),
        ("https://u:p@h.example:8443/a", "https://h.example/a"),
        ("http://u:p@h.example:8080/a%20b", "http://h.example:8080/a%20b"),
        ("https://h.example/a#rc=2&rp=5xx", "https://h.example/a"),
    ],
)
def test_fragment_and_user_are_not_signed_nor_is_the_port_over_https(url: str, signed: str) -> None:
    assert signed_url(url) == signed


def test_twilio_tries_again_only_what_did_not_connect() -> None:
    limits = limits_of("https://h/a")

    assert (limits.connect_s, limits.total_s, limits.retries) == (5, 15, 1)
    assert limits.retries_failure("ct")
    assert not limits.retries_failure("rt")
    assert not limits.retries_status(500)


def test_the_fragment_overrides() -> None:
    limits = limits_of("https://h/a#rc=2&rp=5xx,rt&ct=100")

    assert (limits.connect_s, limits.retries) == (0.1, 2)
    assert limits.retries_status(503)
    assert not limits.retries_status(404)
    assert limits.retries_failure("rt")
