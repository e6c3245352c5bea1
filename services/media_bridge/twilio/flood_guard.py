"""How many messages besides audio one stream may send, so that no call takes the others' time."""

from collections.abc import Callable
from time import monotonic

WINDOW_S = 1.0
MOST_MESSAGES = 250  # Twilio returns each mark once: five a second, and after a `clear` all at once, of fifty seconds of speech
MOST_KEYS = 20  # a key's tone and its pause take 80 ms at least (ITU-T Q.24)


class FloodGuard:
    """Counts one stream's messages other than audio, second by second."""

    __slots__ = ("_began", "_clock", "_keys", "_messages")

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began = 0.0
        self._messages = 0
        self._keys = 0

    def pause_s(self) -> float:
        """Count a message; returns for how many seconds the stream is not to be read, usually 0."""
        now = self._clock()
        if now - self._began >= WINDOW_S:
            self._began, self._messages, self._keys = now, 0, 0
        self._messages += 1
        return self._began + WINDOW_S - now if self._messages >= MOST_MESSAGES else 0.0

    def admits_key(self) -> bool:
        """Count a key, which is counted as a message already; return whether a person can have pressed it."""
        self._keys += 1
        return self._keys <= MOST_KEYS
