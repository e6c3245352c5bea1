"""The waits of a conversation: each has a name and a moment, and the earliest moment is the machine's deadline."""

from enum import IntEnum, auto


class Timer(IntEnum):
    """What is being waited for. Numbers, because they are looked up at every mark, and an `Enum` is slow to hash."""

    MODEL_READY = auto()  # a session, at the start or after it broke
    FIRST_AUDIO = auto()  # the first audio of a response that was asked for, until the session is given up
    FILLER = auto()  # the same audio, until the customer hears a filler
    TURN = auto()  # the model's answer after the customer fell silent
    STUCK_SPEECH = auto()  # an end of what the model takes for speech
    SILENCE = auto()  # a word of the customer
    RESPONSE_END = auto()  # the end of a response whose audio has been played
    HEARD = auto()  # the mark behind the last audio
    KEY = auto()  # a key, with the model away
    BEEP = auto()  # the beep of an answering machine
    CALL = auto()  # the longest a call may last


class Timers:
    """Named moments in monotonic seconds. `deadline` is the earliest at which a wait is over, None if nothing is waited for."""

    __slots__ = ("_due", "deadline")

    def __init__(self) -> None:
        self._due: dict[Timer, float] = {}
        self.deadline: float | None = None

    def set(self, timer: Timer, at: float) -> None:
        """Wait for `timer` until `at`; an earlier wait of that name is replaced."""
        self._due[timer] = at
        self._find_deadline()

    def stop(self, *timers: Timer) -> None:
        """Wait no longer."""
        for timer in timers:
            if timer in self._due:
                del self._due[timer]
                self._find_deadline()

    def is_set(self, timer: Timer) -> bool:
        """Tell whether that wait is going on."""
        return timer in self._due

    def due(self, timer: Timer) -> float | None:
        """Return until when that wait goes on, or None."""
        return self._due.get(timer)

    def clear(self) -> None:
        """Wait for nothing any more."""
        self._due.clear()
        self.deadline = None

    def expired(self, now: float) -> list[Timer]:
        """Take out and return the waits that are over, the longest overdue first."""
        over = sorted((at, timer.value, timer) for timer, at in self._due.items() if at <= now)
        for _, _, timer in over:
            del self._due[timer]
        self._find_deadline()
        return [timer for _, _, timer in over]

    def _find_deadline(self) -> None:
        self.deadline = min(self._due.values(), default=None)
