"""Which address asks: the peer, or who stands behind our gateway; and which addresses are counted as one."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_UNKNOWN = "unknown"
# 100.64.0.0/10 is nobody's own: providers number the containers of their customers from it (RFC 6598)
_NEAR = tuple(
    map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_V6_NETWORK = 64  # bits: who has one IPv6 address has the others of its network, too
_MOST_SHOWN = 64


def is_gateway(peer: str) -> bool:
    """Tell whether a peer may be our gateway: it is on this machine, or in a private network of containers."""
    address = _parsed(peer)
    return address is not None and any(address in network for network in _NEAR)


def client_address(peer: str | None, forwarded_for: str | None) -> str:
    """Return the client's address, an IPv4 address always in its own form.

    The gateway replaces `X-Forwarded-For` by the one address that it sees, or adds that at the end. From anybody else the
    header is a claim that proves nothing: then the peer counts.
    """
    if peer is None:
        return _UNKNOWN
    last = _parsed((forwarded_for or "").rpartition(",")[2].strip())
    if last is None or not is_gateway(peer):
        return str(_parsed(peer) or peer)
    return str(last)


def counted_as(address: str) -> str:
    """Return the name under which an address is counted: an IPv6 address counts as its network, unless it is near us."""
    parsed = _parsed(address)
    if parsed is None:
        return address[:_MOST_SHOWN]
    if isinstance(parsed, IPv4Address) or is_gateway(address):
        return str(parsed)
    return str(ip_network((int(parsed), _V6_NETWORK), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """Return the address without its zone; an IPv4 address that is written as IPv6 (`::ffff:203.0.113.7`) as IPv4."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed
