"""The URLs to which webhooks may be sent: public addresses by https, so that nobody reaches our own network through us."""

import ipaddress
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

MAX_URL = 500
PORTS = frozenset({443, 8443})
"""Where a web server listens. Any other could be a port behind which a machine trusts whoever can connect."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Beside those that `is_global` refuses (the IANA special-purpose registries, RFC 6890): what once was or only looks global.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # IETF protocols, RFC 6890; older Pythons take a part of it for global
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.31.196.0/24",  # AS112, RFC 7535
            "192.52.193.0/24",  # automatic multicast tunneling, RFC 7450
            "192.175.48.0/24",  # AS112, RFC 7534
            "::/96",  # IPv4-compatible, RFC 4291, 2.5.5.1
            "64:ff9b:1::/48",  # translation within a network, RFC 8215
            "100::/64",  # discard, RFC 6666
            "2001::/23",  # IETF protocols, with Teredo, benchmarks and ORCHID
            "2001:db8::/32",  # documentation
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation, RFC 9637
            "5f00::/16",  # segment routing, RFC 9602
            "fec0::/10",  # site-local, RFC 3879
        ),
    )
)


def url_fault(url: str, *, allows_private: bool) -> str | None:
    """Return what is wrong with an endpoint's URL, in words for a shop; None if nothing is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "must be a URL"
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be a URL of at most {MAX_URL} ASCII characters without spaces"
    if not host or port == 0 or parts.scheme not in {"https", "http"}:
        return "must be a URL with https and a host"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "must hold no user, password or fragment"
    if allows_private:
        return None
    if parts.scheme != "https":
        return "must be a URL with https"
    if port is not None and port not in PORTS:
        return f"must name no other port than {' or '.join(map(str, sorted(PORTS)))}"
    return _host_fault(host)


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the internet at large; an IPv4 address inside an IPv6 one counts as itself."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if any(ip in network for network in _SPECIAL if network.version == ip.version):
        return False
    plain = _unwrapped(ip)
    if any(plain in network for network in _SPECIAL if network.version == plain.version):
        return False
    return plain.is_global and not (plain.is_multicast or plain.is_reserved or plain.is_unspecified)


def _host_fault(host: str) -> str | None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        is_name = "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
        is_number = host.strip(".").rsplit(".", 1)[-1][:1].isdecimal()  # "127.1" and the like, which resolvers take
        return None if is_name and not is_number else "must name a host on the internet"
    return None if is_public(host) else "must not lead to a private address"


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
