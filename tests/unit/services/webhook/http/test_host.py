"""A Host that names no host is refused before anything looks at it."""

import pytest

from services.webhook.http.host import is_well_formed


@pytest.mark.parametrize(
    "host",
    [
        b"calls.shop.example",
        b"calls.shop.example:443",
        b"127.0.0.1:5050",
        b"[::1]",
        b"[2001:db8::1]:8000",
        b"",
        b"a_b-c.example",
        b"x:",
    ],
)
def test_hosts(host: bytes) -> None:
    assert is_well_formed([(b"host", host)])


@pytest.mark.parametrize(
    "host",
    [
        b"[::1",
        b"::1]",
        b"[:::]",
        b"[1.2.3.4]",
        b"a b",
        b"a/b",
        b"a@b",
        b"x:99999",
        b"x:-1",
        b"x:y",
        b"\xff",
        b"a\x00",
        b"a:1:2",
        b"[]",
    ],
)
def test_what_is_no_host(host: bytes) -> None:
    assert not is_well_formed([(b"host", host)])


def test_one_at_most() -> None:
    assert is_well_formed([])
    assert not is_well_formed([(b"host", b"a"), (b"host", b"a")])
