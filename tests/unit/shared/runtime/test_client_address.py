"""Only the gateway is believed about who asks."""

import pytest

from shared.runtime.client_address import client_address, counted_as, is_gateway


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
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("::ffff:93.184.216.34", "203.0.113.9", "93.184.216.34"),
        ("100.64.0.7", "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_the_address(peer: str | None, forwarded_for: str | None, address: str) -> None:
    assert client_address(peer, forwarded_for) == address


@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "::1", "::ffff:10.0.0.1", "100.64.0.1", "100.127.255.254", "fd00::1", "fd00::1%eth0"]
)
def test_a_gateway_is_near(peer: str) -> None:
    assert is_gateway(peer)


@pytest.mark.parametrize("peer", ["100.63.255.255", "100.128.0.1", "::ffff:93.184.216.34", "2001:db8::1", "", "no address"])
def test_nobody_else_is_a_gateway(peer: str) -> None:
    assert not is_gateway(peer)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::1%eth0", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("::1", "::1"),
        ("fd00::1", "fd00::1"),
        ("x" * 100, "x" * 64),
    ],
)
def test_an_address_is_counted_under_one_name(address: str, name: str) -> None:
    assert counted_as(address) == name
