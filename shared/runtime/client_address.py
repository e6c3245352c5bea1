"""Which address asks: the peer, or who stands behind our gateway."""

from ipaddress import ip_address, ip_network

_UNKNOWN = "unknown"
_NEAR = tuple(map(ip_network, ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def is_gateway(peer: str) -> bool:
    """Tell whether a peer may be our gateway: it is on this machine, or in a private network of containers."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in network for network in _NEAR)


def client_address(peer: str | None, forwarded_for: str | None) -> str:
    """Return the client's address.

    The gateway replaces `X-Forwarded-For` by the one address that it sees, or adds that at the end. From anybody else the
    header is a claim that proves nothing: then the peer counts.
    """
    if peer is None:
        return _UNKNOWN
    last = (forwarded_for or "").rpartition(",")[2].strip()
    if not last or not is_gateway(peer):
        return peer
    try:
        return str(ip_address(last))
    except ValueError:
        return peer
