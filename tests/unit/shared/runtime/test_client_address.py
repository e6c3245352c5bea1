"""Only the gateway is believed about who asks."""

import pytest

from shared.runtime.client_address import client_address


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "address"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("172.18.0.3", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("93.184.216.34", "203.0.113.9", "93.184.216.34"),
        ("no address", "203.0.113.9", "no address"),
        (None, "203.0.113.9", "unknown"),
    ],
)
def test_the_address(peer: str | None, forwarded_for: str | None, address: str) -> None:
    assert client_address(peer, forwarded_for) == address
