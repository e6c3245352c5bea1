"""Holds a short piece of the agent's audio back until the next one makes a frame of it, while the caller has enough to listen to.

Twilio is reported to click on many tiny frames, and each one costs both sides as much as a long one. Source: Twilio docs, "Media
Streams - WebSocket Messages" (a payload may have any length).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

SHORT_LENGTH = 430
"""The length of 40 ms of µ-law as quoted base64; what is shorter is joined."""
BURST_S = 0.015
"""Audio that follows its predecessor sooner than this comes faster than it is spoken."""
ENOUGH_MS = 300.0
"""So much the caller must still have to hear, by our reckoning, which is late by the way of a mark back to us."""
MOST_HELD_S = 0.04


@dataclass(frozen=True, slots=True)
class HeldDelta:
    """Audio that waits for more of its item: quoted base64."""

    response_id: str
    item_id: str
    payload: bytes


class DeltaJoiner:
    """What the lane holds back, for at most 40 ms: then `flush` is called. `last_s` is when the model's audio came last."""

    __slots__ = ("_flush", "_timer", "held", "last_s")

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self._timer: asyncio.TimerHandle | None = None  # None: nothing is held
        self.held: HeldDelta | None = None
        self.last_s = 0.0

    def hold(self, delta: HeldDelta) -> None:
        """Hold this back, in place of what was held: it has become a part of this."""
        self.held = delta
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(MOST_HELD_S, self._flush)

    def take(self) -> HeldDelta | None:
        """Return what is held, and hold nothing."""
        held, self.held = self.held, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        return held
