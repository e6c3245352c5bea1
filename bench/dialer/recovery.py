"""Measures the wait of an order that is submitted at the moment when a part of the dialer, or Redis, is killed."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from bench.dialer.fast_twilio import Arrival
from shared.core.errors import StoreUnavailableError
from tools.stack import Stack

PARTS = {
    "workers": "all workers at once",
    "front": "the front",
    "keeper": "the parent, started again at once",
    "valkey": "Redis, started again at once",
}
_PAUSE_S = 6.0  # so that the effects of one kill do not reach the next


class Dialer(Protocol):
    """The members of a dialer between a store and a Twilio that this module uses."""

    @property
    def submit(self) -> Callable[[int], Awaitable[Mapping[str, int]]]:
        """Submits this number of orders."""
        ...

    @property
    def arrivals(self) -> Callable[[Mapping[str, int]], Awaitable[list[Arrival]]]:
        """Waits until these orders have been called."""
        ...

    def processes(self) -> list[int]:
        """Return the parent, the front and the workers."""
        ...


async def waits_s(dialer: Dialer, stack: Stack) -> dict[str, float]:
    """Kill one part after the other (SIGKILL); return, by part, the seconds that its order waited."""
    found = {}
    for part in PARTS:
        await asyncio.sleep(_PAUSE_S)
        began_ns = time.monotonic_ns()
        await _kill(part, dialer, stack)
        wanted = await _submitted(dialer)
        found[part] = (min(one.at_ns for one in await dialer.arrivals(wanted) if one.confirmation_id in wanted) - began_ns) / 1e9
    return found


async def _kill(part: str, dialer: Dialer, stack: Stack) -> None:
    parent, front, *workers = dialer.processes()
    victims = {"workers": workers, "front": [front], "keeper": [parent], "valkey": [stack.pid("valkey")]}[part]
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    for _ in range(100 if part in {"keeper", "valkey"} else 0):
        if stack.restart_dead():
            break
        await asyncio.sleep(0.01)


async def _submitted(dialer: Dialer) -> Mapping[str, int]:
    while True:
        try:
            return await dialer.submit(1)
        except StoreUnavailableError:
            await asyncio.sleep(0.01)
