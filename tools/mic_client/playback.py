"""The bot's audio on its way to the loudspeaker: applies the gain, finds the sample of each mark, and drops cleared audio."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from simulators.speech import voice
from simulators.twilio.media.play_buffer import PlayBuffer

Pcm = NDArray[np.int16]
RATE_HZ = voice.RATE_HZ


@dataclass(frozen=True, slots=True)
class Pulled:
    """The next samples for the loudspeaker, and the marks in them: the name, and the seconds from the block's start."""

    pcm: Pcm
    mulaw: bytes
    marks: tuple[tuple[str, float], ...]


class Playback:
    """The play buffer of one call, drained at the loudspeaker's pace. Thread-safe: devices pull from their own threads."""

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._buffer = PlayBuffer()
        self._clock = 0
        self._lock = Lock()

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that have not been played yet."""
        return self._buffer.buffered / RATE_HZ

    def play(self, mulaw: bytes) -> None:
        """Queue sound."""
        with self._lock:
            self._buffer.append(mulaw, self._clock)

    def mark(self, name: str) -> Sequence[str]:
        """Set a mark after the queued sound; if nothing is queued, return the mark at once."""
        with self._lock:
            return () if self._buffer.mark(name) else (name,)

    def clear(self) -> Sequence[str]:
        """Drop the queued sound; return the names of its marks, because Twilio sends them back too."""
        with self._lock:
            return self._buffer.clear().marks

    def pull(self, count: int) -> Pulled:
        """Return the next `count` samples; if too few are queued, silence follows them."""
        with self._lock:
            start = self._clock
            self._clock += count
            played = self._buffer.advance(self._clock)
        mulaw = played.audio.ljust(count, voice.SILENCE)
        marks = tuple((mark.name, (mark.sample - start) / RATE_HZ) for mark in played.marks)
        return Pulled(louder(voice.decode(mulaw), self._gain), mulaw, marks)


def louder(pcm: Pcm, gain: float) -> Pcm:
    """Return the sound amplified; samples that would be too loud are compressed rather than clipped."""
    if gain == 1.0:
        return pcm
    bent = np.tanh(pcm.astype(np.float64) * (gain / 32768)) * 32767
    return bent.astype(np.int16)
