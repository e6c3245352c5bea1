"""The Host header: of the right form, so that nothing behind it fails over it. Source: RFC 9110, 7.2; RFC 3986, 3.2.2."""

import ipaddress
import re
from collections.abc import Iterable

from services.webhook.http.problems import ProblemError, ProblemKind

_HOST = re.compile(rb"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|[A-Za-z0-9._~%!$&'()*+,;=-]{0,255})(?::(?P<port>[0-9]{0,5}))?")
_MAX_PORT = 65535


def check_host(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Check a request's headers.

    Raises:
        ProblemError: Its Host is none.
    """
    if not is_well_formed(headers):
        raise ProblemError(ProblemKind.BAD_REQUEST, "The header Host must name one host, and perhaps a port.")


def is_well_formed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Tell whether there is at most one Host header, and it names a host and perhaps a port."""
    values = [value for name, value in headers if name == b"host"]
    if not values:
        return True  # HTTP/1.0
    match = _HOST.fullmatch(values[0])
    if len(values) > 1 or match is None or int(match["port"] or 0) > _MAX_PORT:
        return False
    return match["v6"] is None or _is_v6(match["v6"].decode("ascii"))


def _is_v6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
