"""When each voice of a call is audible, measured at the sample at which it is played."""

from collections import deque
from collections.abc import MutableSequence

from simulators.twilio.media.play_buffer import SAMPLES_PER_MS
from simulators.twilio.media.recording import Track
from simulators.twilio.media.sounds import is_audible

MAX_GAP_MS = 250
"""A silence shorter than this does not end an interval."""


class AudibleIntervals:
    """The audible intervals of one voice as `[from_ms, to_ms]`, in the ledger's own list."""

    def __init__(self, into: MutableSequence[list[float]] | deque[list[float]], *, origin_ms: float) -> None:
        self._into = into
        self._origin_ms = origin_ms
        self.audible_ms = 0.0
        self.last_audible_ms = -1e9

    def add(self, start_ms: float, length_ms: float) -> None:
        """Record an audible piece; times count from the answer."""
        since, until = self._origin_ms + start_ms, self._origin_ms + start_ms + length_ms
        if self._into and since - self._into[-1][1] <= MAX_GAP_MS:
            self._into[-1][1] = round(until, 1)
        else:
            self._into.append([round(since, 1), round(until, 1)])
        self.audible_ms += length_ms
        self.last_audible_ms = start_ms + length_ms


class PlayedAudio:
    """Receives the audio that is played to the person, with the sample at which it is played."""

    def __init__(self, intervals: AudibleIntervals, track: Track | None) -> None:
        self.intervals = intervals
        self._track = track

    def hear(self, start: int, audio: bytes) -> None:
        """Record the audio that was played from that sample on."""
        if not audio:
            return
        if is_audible(audio):
            self.intervals.add(start / SAMPLES_PER_MS, len(audio) / SAMPLES_PER_MS)
        if self._track is not None:
            self._track.add(start, audio)
