"""The echo of a loudspeaker phone: what the person hears comes back on the person's own track, late and attenuated."""

import random

import numpy as np

from simulators.profile import Profile
from simulators.speech import voice
from simulators.twilio.media.play_buffer import SAMPLES_PER_MS
from simulators.twilio.media.sounds import FRAME, is_audible

_KEPT = 1000 * SAMPLES_PER_MS
_LOUDEST = 32000
_USUAL_DELAY_MS = 250
_PHONES_WITH_ECHO = 0.15
_LEVELS = (0.08, 0.25)
_DELAYS_MS = (150, 400)


class Echo:
    """The last second of the audio that was played to the person, of which `level` (0 to 1) comes back after `delay_ms`."""

    def __init__(self, *, level: float, delay_ms: int) -> None:
        self._level = level
        self._delay = delay_ms * SAMPLES_PER_MS
        self._played = bytearray()
        self._from = 0

    def hear(self, start: int, audio: bytes) -> None:
        """Note the audio that was played from sample `start` on; silence was played in the gap before it."""
        gap = start - self._from - len(self._played)
        if gap > _KEPT:
            self._played.clear()
            self._from, gap = start, 0
        self._played += voice.SILENCE * gap + audio
        surplus = len(self._played) - _KEPT
        if surplus > 0:
            del self._played[:surplus]
            self._from += surplus

    def mixed(self, frame: bytes, start: int) -> bytes:
        """Return the frame of the person's track that begins at sample `start`, with the echo that returns at that time."""
        at = start - self._delay - self._from
        echoed = bytes(self._played[max(at, 0) : max(at + FRAME, 0)])
        if not is_audible(echoed):
            return frame
        echo = voice.decode(echoed.ljust(FRAME, voice.SILENCE)).astype(np.float64) * self._level
        both = np.clip(voice.decode(frame) + echo, -_LOUDEST, _LOUDEST)
        return voice.encode(both.astype(np.int16))


def echo_of(level: float | None, *, profile: Profile, draw: random.Random) -> Echo | None:
    """Return the echo of one call: with the level that its script gives, or the one that the profile draws."""
    if level is not None:
        return Echo(level=level, delay_ms=_USUAL_DELAY_MS) if level else None
    if profile is Profile.IDEAL or draw.random() >= _PHONES_WITH_ECHO:
        return None
    return Echo(level=draw.uniform(*_LEVELS), delay_ms=draw.randint(*_DELAYS_MS))
