"""What the bot says, on its way to the loudspeaker: gain, marks at the sample where they stand, and what is cut off."""

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
    """The next samples for the loudspeaker, and the marks among them: name, and seconds from the block's start."""

    pcm: Pcm
    mulaw: bytes
    marks: tuple[tuple[str, float], ...]


class Playback:
    """The play buffer of one call, drained by the loudspeaker's clock. Thread-safe: devices pull from a thread of theirs."""

    def __init__(self, gain: float) -> None:
        self._gain = gain
        self._buffer = PlayBuffer()
        self._clock = 0
        self._lock = Lock()

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that are still to be heard."""
        return self._buffer.buffered / RATE_HZ

    def play(self, mulaw: bytes) -> None:
        """Queue sound."""
        with self._lock:
            self._buffer.append(mulaw, self._clock)

    def mark(self, name: str) -> Sequence[str]:
        """Set a mark behind what is queued; returned at once where nothing is."""
        with self._lock:
            return () if self._buffer.mark(name) else (name,)

    def clear(self) -> Sequence[str]:
        """Drop what is queued; the names of the marks in it, which Twilio sends back all the same."""
        with self._lock:
            return self._buffer.clear().marks

    def pull(self, count: int) -> Pulled:
        """The next `count` samples, silence where nothing is queued."""
        with self._lock:
            start = self._clock
            self._clock += count
            played = self._buffer.advance(self._clock)
        mulaw = played.audio.ljust(count, voice.SILENCE)
        marks = tuple((mark.name, (mark.sample - start) / RATE_HZ) for mark in played.marks)
        return Pulled(louder(voice.decode(mulaw), self._gain), mulaw, marks)


def louder(pcm: Pcm, gain: float) -> Pcm:
    """The sound amplified, bent rather than broken where it would be too loud."""
    if gain == 1.0:
        return pcm
    bent = np.tanh(pcm.astype(np.float64) * (gain / 32768)) * 32767
    return bent.astype(np.int16)
