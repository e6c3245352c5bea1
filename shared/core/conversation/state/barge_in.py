"""Whether a sound of the customer's interrupts the agent: in the talk the server decides it, else the machine, by its length."""

from typing import Final

_ECHO_BEGINS_S: Final = 0.65  # after the agent's voice did: its way through the phone network and back, and until it is told
_MOST_CUTS: Final = 3  # in a row, after which what the agent says is heard to its end


class BargeIn:
    """The sounds of the customer's while the agent is heard, or about to be. Times are seconds of the machine's `now`.

    While it `is_guarded`, the server neither interrupts nor answers by itself. `judged_since` is when a sound began that has not
    lasted long enough yet to interrupt. An echo cannot outlast the voice that it comes of: if a sound began with the voice
    (`is_echo_likely`), the length of any sound is counted from the end of the voice. So it is, too, once the agent has been cut
    off too often.
    """

    __slots__ = ("_cuts", "_voice_since", "is_echo_likely", "is_guarded", "judged_since")

    def __init__(self) -> None:
        self.is_guarded = True
        self.judged_since: float | None = None
        self._voice_since: float | None = None  # since when the agent is being heard, without having been cut off
        self.is_echo_likely = False
        self._cuts = 0

    @property
    def is_noisy(self) -> bool:
        """Whether the agent has been cut off so often in a row that it may be a noise."""
        return self._cuts >= _MOST_CUTS

    def guarded(self, *, is_guarded: bool) -> None:
        """Note who decides from now on."""
        self.is_guarded = is_guarded

    def voice_began(self, now: float) -> None:
        """Note that the agent is being heard."""
        if self._voice_since is None:
            self._voice_since = now

    def voice_heard(self) -> None:
        """Note that all has been heard that the agent said; what was cut off has not."""
        if self._voice_since is not None:
            self._voice_since = None
            self.is_echo_likely &= self.judged_since is not None
            self._cuts = 0

    def cut_off(self) -> None:
        """Note that the agent falls silent for a sound of the customer's."""
        self.judged_since = self._voice_since = None
        self.is_echo_likely = False
        self._cuts += 1

    def sound_began(self, now: float) -> None:
        """Note a sound whose length decides."""
        self.judged_since = now
        if self._voice_since is not None and now - self._voice_since <= _ECHO_BEGINS_S:
            self.is_echo_likely = True

    def sound_ended(self) -> None:
        """Note that the sound was too short to interrupt."""
        self.judged_since = None
        self.is_echo_likely &= self._voice_since is not None

    def is_deferred(self, *, most_cuts: int | None = None) -> bool:
        """Tell whether only a sound counts that outlasts the agent's voice; `most_cuts` may be fewer than usual."""
        return self.is_echo_likely or self._cuts >= (_MOST_CUTS if most_cuts is None else most_cuts)
