"""The clock of the load process: it calls each sender every 20 ms, spread evenly over the period (Linux timerfd)."""

import asyncio
import ctypes
import os
import struct
import time
from collections.abc import Callable

from bench.report.latency import Delays

_SLOTS = 100
_SLOT_NS = 200_000
_CLOCK_MONOTONIC = 1
_TFD_NONBLOCK = os.O_NONBLOCK
_SPEC = struct.Struct("=qqqq")


class FrameClock:
    """Calls each of its senders every 20 ms. `late` records how late the calls were: delays of the harness, not of the bridge."""

    def __init__(self) -> None:
        self._slots: list[list[Callable[[int], None]]] = [[] for _ in range(_SLOTS)]
        self._next = 0
        self._added = 0
        self._began_ns = 0
        self._timer = -1
        self.late = Delays()

    def add(self, send: Callable[[int], None]) -> None:
        """Call `send(now_ns)` every 20 ms from now on."""
        self._slots[self._place()].append(send)

    def discard(self, send: Callable[[int], None]) -> None:
        """Stop calling `send`."""
        for slot in self._slots:
            if send in slot:
                slot.remove(send)

    def resume(self) -> None:
        """Start or continue, in the running loop."""
        if self._timer >= 0:
            return
        libc = ctypes.CDLL(None, use_errno=True)
        self._timer = libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK)
        spec = _SPEC.pack(0, _SLOT_NS, 0, _SLOT_NS)
        if self._timer < 0 or libc.timerfd_settime(self._timer, 0, spec, None) != 0:
            raise OSError(ctypes.get_errno(), "timerfd")
        self._began_ns = time.monotonic_ns() - self._next * _SLOT_NS
        asyncio.get_running_loop().add_reader(self._timer, self._tick)

    def pause(self) -> None:
        """Stop until `resume`."""
        if self._timer >= 0:
            asyncio.get_running_loop().remove_reader(self._timer)
            os.close(self._timer)
            self._timer = -1

    def _place(self) -> int:
        """Return the slot for the next sender; senders that are added one after the other get distant slots in the period."""
        place = (self._added * 61) % _SLOTS
        self._added += 1
        return place

    def _tick(self) -> None:
        os.read(self._timer, 8)
        while self._timer >= 0:
            now = time.monotonic_ns()
            due = self._began_ns + self._next * _SLOT_NS
            if now < due:
                return
            self.late.note(due, now)
            for send in self._slots[self._next % _SLOTS]:
                send(time.monotonic_ns())
            self._next += 1
