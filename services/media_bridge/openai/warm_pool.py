"""Sessions with the speech model that are opened ahead while phones ring, so that a call need not wait for one at its start.

OpenAI learns who speaks by a header of the handshake, and no later message tells it. A session that is opened ahead belongs to
nobody yet, so it has no such header; one that is opened for a call has it.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.websocket import ConnectionFailedError

_LOOK_EVERY_S = 0.5
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_CONNECT_LIMIT_S = 5.0  # nobody waits for these


class SessionOpener(Protocol):
    """Opens a session."""

    async def __call__(self, *, limit_s: float, safety_identifier: str | None) -> ModelLeg:
        """Return a session with formats, turn detection and voice agreed; None: it is not known yet who will speak.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds.
        """
        ...


class WarmPool:
    """Keeps as many sessions ready as phones ring, at least one and at most `most`. It replaces taken, broken and old ones.

    With `most` 0 each call opens its own session.
    """

    def __init__(
        self,
        open_session: SessionOpener,
        *,
        ringing: Callable[[], int],
        most: int,
        wall_clock: Callable[[], float],
        needed_s: float,
    ) -> None:
        self._open = open_session
        self._ringing = ringing
        self._most = most
        self._wall_clock = wall_clock
        self._needed_s = needed_s  # how long a session must still live when a call takes it
        self._ready: list[ModelLeg] = []
        self._is_wanted = asyncio.Event()

    @property
    def ready(self) -> int:
        """How many sessions wait."""
        return len(self._ready)

    async def take(self, *, limit_s: float, safety_identifier: str | None) -> ModelLeg:
        """Return a session: one that waits, otherwise a new one for the customer whom `safety_identifier` names.

        Raises:
            ConnectionFailedError: There is none within `limit_s` seconds.
        """
        self._is_wanted.set()
        while self._ready:
            leg = self._ready.pop(0)
            if self._is_good(leg):
                return leg
            await leg.close()
        return await self._open(limit_s=limit_s, safety_identifier=safety_identifier)

    async def run(self) -> None:
        """Keep sessions ready until cancelled; then close those that wait."""
        pause_s = _FIRST_PAUSE_S
        try:
            while True:
                if await self._fill():
                    pause_s = _FIRST_PAUSE_S
                    await self._until_wanted()
                else:
                    await asyncio.sleep(pause_s)
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        finally:
            await self._close_all(self._ready)

    async def _fill(self) -> bool:
        """Replace unusable sessions and open the missing ones; returns whether all could be opened."""
        await self._close_all([leg for leg in self._ready if not self._is_good(leg)])
        wanted = min(self._most, max(1, self._ringing()))
        async with asyncio.TaskGroup() as tasks:
            opening = [tasks.create_task(self._add()) for _ in range(wanted - len(self._ready))]
        return all(task.result() for task in opening)

    async def _add(self) -> bool:
        try:
            self._ready.append(await self._open(limit_s=_CONNECT_LIMIT_S, safety_identifier=None))
        except ConnectionFailedError:
            return False
        return True

    async def _until_wanted(self) -> None:
        try:
            async with asyncio.timeout(_LOOK_EVERY_S):
                await self._is_wanted.wait()
        except TimeoutError:
            pass
        self._is_wanted.clear()

    async def _close_all(self, legs: list[ModelLeg]) -> None:
        self._ready = [leg for leg in self._ready if leg not in legs]
        for leg in legs:
            await leg.close()

    def _is_good(self, leg: ModelLeg) -> bool:
        return leg.is_open and (leg.expires_at is None or leg.expires_at - self._wall_clock() > self._needed_s)
