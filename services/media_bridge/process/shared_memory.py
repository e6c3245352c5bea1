"""What the bridge's processes on this machine know of each other: how many streams each has, and its metrics.

They share one port, so a request for health or metrics reaches any of them, and a stream may reach one that is full while
another has room.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager

from services.media_bridge.process.process_lock import ProcessLock

MOST_METRICS_BYTES = 512 * 1024
_WORD_BYTES = 8
_STREAMS, _CURRENT, _LENGTHS = 0, 1, (2, 3)  # words at the beginning of a slot
_BODIES = (4 * _WORD_BYTES, 4 * _WORD_BYTES + MOST_METRICS_BYTES)  # bytes in a slot
_SLOT_BYTES = 4 * _WORD_BYTES + 2 * MOST_METRICS_BYTES  # memory is taken only for what is written


class BridgeSharedMemory:
    """Memory that is shared by `count` processes, forked after it was made; each calls `become` once with its number.

    Each process writes only its own slot. A lock guards all but one case: `note_streams` writes one aligned word without
    it. That word only ever falls this way, since a stream is counted by `claim` before it exists: who reads it late
    believes that there is less room than there is.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = mmap.mmap(-1, _SLOT_BYTES * count)
        self._words = memoryview(self._memory).cast("q")  # writes a word at once; `struct` writes it byte by byte
        self._lock = ProcessLock()
        self._number = 0
        self._last_read: dict[int, bytes] = {}
        self.inherited = b""

    def become(self, number: int) -> None:
        """Be process `number`, from 0, and take over from one that died: it has no streams, `inherited` is what it published."""
        self._number = number
        with self._locked():
            self.inherited = self._metrics_of(number)
        self.note_streams(0)

    def note_streams(self, streams: int) -> None:
        """Tell the others how many streams this process has."""
        self._words[self._word(self._number, _STREAMS)] = streams

    def claim(self, streams: int, *, most: int) -> bool:
        """Count one more than this process's `streams`; returns False, and counts nothing, if all then had over `most`.

        It also returns False if another process was stopped at a moment when it held the lock, and holds it still: the call
        then goes on to the keypad, as if all were full.
        """
        with self._locked() as is_locked:
            if not is_locked or self.streams - self._own_streams + streams + 1 > most:
                return False
            self.note_streams(streams + 1)
            return True

    @property
    def streams(self) -> int:
        """How many streams all processes have together."""
        return sum(self._words[self._word(number, _STREAMS)] for number in range(self.count))

    def publish(self, metrics: bytes) -> None:
        """Tell the others this process's metrics; beyond half a megabyte they are given none."""
        published = metrics if len(metrics) <= MOST_METRICS_BYTES else b""
        with self._locked() as is_locked:
            if not is_locked:
                return  # the others keep what was published before, and the next second brings more
            spare = 1 - self._words[self._word(self._number, _CURRENT)]
            start = self._number * _SLOT_BYTES + _BODIES[spare]
            self._memory[start : start + len(published)] = published
            self._words[self._word(self._number, _LENGTHS[spare])] = len(published)
            self._words[self._word(self._number, _CURRENT)] = spare  # last: a process killed before leaves its older copy valid

    def others_metrics(self) -> list[bytes]:
        """Return what the others published last."""
        others = [number for number in range(self.count) if number != self._number]
        with self._locked() as is_locked:
            if is_locked:
                self._last_read = {number: self._metrics_of(number) for number in others}
        return [metrics for metrics in self._last_read.values() if metrics]

    @property
    def _own_streams(self) -> int:
        return self._words[self._word(self._number, _STREAMS)]

    @contextmanager
    def _locked(self) -> Iterator[bool]:
        """Hold the lock, if it can be taken at once or soon; a process alone needs none."""
        if self.count == 1:
            yield True
            return
        is_locked = self._lock.acquire()
        try:
            yield is_locked
        finally:
            if is_locked:
                self._lock.release()

    def _metrics_of(self, number: int) -> bytes:
        current = self._words[self._word(number, _CURRENT)]
        start = number * _SLOT_BYTES + _BODIES[current]
        return self._memory[start : start + self._words[self._word(number, _LENGTHS[current])]]

    @staticmethod
    def _word(number: int, word: int) -> int:
        return number * _SLOT_BYTES // _WORD_BYTES + word
