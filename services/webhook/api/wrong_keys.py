"""Wrong API keys are counted by the address from which they come: who guesses must wait."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from services.webhook.http.problems import ProblemError, ProblemKind

MAX_WRONG = 300
WINDOW_S = 60.0
_MAX_ADDRESSES = 10_000
_V6_NETWORK = 64  # bits: who has one IPv6 address has the others of its network, too


class WrongKeys:
    """Counts by address in this process; the address that has been quiet longest is forgotten first."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def count(self, address: str) -> None:
        """Count one wrong key.

        Raises:
            ProblemError: This address has sent too many within a minute.
        """
        now, network = self._clock(), _network(address)
        count, until = self._counts.pop(network, (0, now + WINDOW_S))
        if now >= until:
            count, until = 0, now + WINDOW_S
        self._counts[network] = (count + 1, until)
        if len(self._counts) > _MAX_ADDRESSES:
            self._counts.popitem(last=False)
        if count >= MAX_WRONG:
            seconds = max(1, math.ceil(until - now))
            detail = f"Too many wrong keys from this address; after {seconds} s the next one is looked at. A right key passes."
            raise ProblemError(ProblemKind.TOO_MANY_REQUESTS, detail, headers={"retry-after": str(seconds)})


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if ip.version == 4:  # noqa: PLR2004 - IPv4
        return str(ip)
    return str(ipaddress.ip_network((ip, _V6_NETWORK), strict=False))
