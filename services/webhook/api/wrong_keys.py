"""Wrong API keys are counted by the address from which they come: who guesses must wait."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from services.webhook.http.problems import ProblemError, ProblemKind
from shared.runtime.client_address import counted_as

MAX_WRONG = 300
WINDOW_S = 60.0
_MAX_ADDRESSES = 10_000


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
        now, counted = self._clock(), counted_as(address)
        count, until = self._counts.pop(counted, (0, now + WINDOW_S))
        if now >= until:
            count, until = 0, now + WINDOW_S
        self._counts[counted] = (count + 1, until)
        if len(self._counts) > _MAX_ADDRESSES:
            self._counts.popitem(last=False)
        if count >= MAX_WRONG:
            seconds = max(1, math.ceil(until - now))
            detail = f"Too many wrong keys from this address; after {seconds} s the next one is looked at. A right key passes."
            raise ProblemError(ProblemKind.TOO_MANY_REQUESTS, detail, headers={"retry-after": str(seconds)})
