"""The play buffer: bytes and marks in one queue that drains in real time. It has no clock of its own."""

from collections import deque
from dataclasses import dataclass

SAMPLES_PER_MS = 8
"""One byte of 8 kHz mu-law is one sample, 0.125 ms."""
LIMIT_SAMPLES = 10 * 60 * 1000 * SAMPLES_PER_MS
"""Twilio discards media once about ten minutes are queued (warning 31931)."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A mark that has been reached, and the sample at which it was reached."""

    name: str
    sample: int


@dataclass(frozen=True, slots=True)
class Played:
    """What was played since the last call: `audio` from sample `start` on, and the marks reached, in order."""

    start: int
    audio: bytes
    marks: tuple[Reached, ...]


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a clear dropped: the number of samples never played, and the marks after them."""

    samples: int
    marks: tuple[str, ...]


class PlayBuffer:
    """Plays the appended audio in order, one sample for each tick of the caller's sample clock.

    Time is a count of samples that never falls. Call `advance` with the present count before any other change.
    """

    def __init__(self, limit: int = LIMIT_SAMPLES) -> None:
        self._limit = limit
        self._chunks: deque[memoryview] = deque()
        self._marks: deque[tuple[int, str]] = deque()
        self._head = 0
        self._appended = 0
        self._played = 0

    @property
    def buffered(self) -> int:
        """Samples that have not been played yet."""
        return self._appended - self._played

    @property
    def pending_marks(self) -> int:
        """Marks that have not been reached yet."""
        return len(self._marks)

    @property
    def next_mark(self) -> int | None:
        """The sample at which the next mark will be reached if nothing is cleared."""
        return self._head + self._marks[0][0] - self._played if self._marks else None

    @property
    def empty_at(self) -> int:
        """The sample at which all audio that is queued now will have been played."""
        return self._head + self.buffered

    def advance(self, now: int) -> Played:
        """Play up to sample `now`."""
        start = self._head
        audio = self._take(min(max(now - self._head, 0), self.buffered))
        self._head += len(audio)
        self._played += len(audio)
        return Played(start, audio, tuple(self._reached()))

    def append(self, audio: bytes, now: int) -> int:
        """Queue audio; return the number of samples accepted, which is less than all if the buffer becomes full."""
        if not self.buffered:
            self._head = now
        taken = min(len(audio), max(self._limit - self.buffered, 0))
        if taken:
            self._chunks.append(memoryview(audio)[:taken])
            self._appended += taken
        return taken

    def mark(self, name: str) -> bool:
        """Set a mark after the queued audio; return False if nothing is queued, because the mark then counts as reached at once."""
        if not self.buffered:
            return False
        self._marks.append((self._appended, name))
        return True

    def clear(self) -> Dropped:
        """Drop the queued audio; Twilio sends the pending marks back nevertheless."""
        dropped = Dropped(self.buffered, tuple(name for _, name in self._marks))
        self._chunks.clear()
        self._marks.clear()
        self._appended = self._played
        return dropped

    def _take(self, count: int) -> bytes:
        parts: list[memoryview] = []
        while count:
            chunk = self._chunks.popleft()
            if len(chunk) > count:
                self._chunks.appendleft(chunk[count:])
                chunk = chunk[:count]
            parts.append(chunk)
            count -= len(chunk)
        return b"".join(parts)

    def _reached(self) -> list[Reached]:
        reached = []
        while self._marks and self._marks[0][0] <= self._played:
            position, name = self._marks.popleft()
            reached.append(Reached(name, self._head - (self._played - position)))
        return reached
