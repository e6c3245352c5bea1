"""Voice activity detection by the energy of appended audio; times are milliseconds of that audio."""

from dataclasses import dataclass

import numpy as np

from simulators.speech import voice

FRAME_MS = 20
_BYTES_PER_MS = 8
_FULL_THRESHOLD_RMS = 600.0
"""The loudness that corresponds to threshold 1.0; speech on the phone has about 2000, a quiet line less than 50."""
_ONSET_FRAMES = 2
"""This many loud frames in a row count as speech; a click is shorter."""
_KEPT_MS = 30_000


@dataclass(frozen=True, slots=True)
class VadSettings:
    """The numbers of `turn_detection`."""

    threshold: float = 0.5
    prefix_padding_ms: int = 300
    silence_duration_ms: int = 500


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The customer began to speak; the time includes the prefix padding."""

    audio_start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The silence is long enough. `audio_end_ms` includes that silence; `segment` is the whole turn as mu-law."""

    audio_end_ms: int
    segment: bytes


class VoiceActivity:
    """Analyses mu-law audio frame by frame, and holds the content of the API's input buffer."""

    def __init__(self) -> None:
        self._pending = b""
        self._kept = bytearray()
        self._kept_from_ms = 0
        self._now_ms = 0
        self._loud_frames = 0
        self._quiet_ms = 0
        self._start_ms: int | None = None

    @property
    def heard_ms(self) -> int:
        """Milliseconds of audio appended in this session."""
        return self._now_ms + len(self._pending) // _BYTES_PER_MS

    @property
    def buffered_ms(self) -> float:
        """Milliseconds of audio since the last commit or clear."""
        return (len(self._kept) + len(self._pending)) / _BYTES_PER_MS

    @property
    def is_speaking(self) -> bool:
        """Whether a turn is in progress."""
        return self._start_ms is not None

    def append(self, mulaw: bytes, settings: VadSettings | None) -> list[SpeechStarted | SpeechStopped]:
        """Add the audio; without settings (turn_detection null) it is only stored."""
        audio = self._pending + mulaw
        size = FRAME_MS * _BYTES_PER_MS
        whole = len(audio) - len(audio) % size
        self._pending = audio[whole:]
        events: list[SpeechStarted | SpeechStopped] = []
        for at in range(0, whole, size):
            frame = audio[at : at + size]
            self._kept += frame
            self._now_ms += FRAME_MS
            if settings is not None and (event := self._observe(frame, settings)) is not None:
                events.append(event)
        return events

    def take(self) -> bytes:
        """Return all buffered audio; afterwards the buffer is empty and no turn is in progress."""
        audio = bytes(self._kept) + self._pending
        self._now_ms += len(self._pending) // _BYTES_PER_MS
        self._pending = b""
        self._forget_until(self._now_ms)
        self._start_ms = None
        return audio

    def _observe(self, frame: bytes, settings: VadSettings) -> SpeechStarted | SpeechStopped | None:
        is_loud = _mean_square(frame) >= (settings.threshold * _FULL_THRESHOLD_RMS) ** 2
        if self._start_ms is None:
            self._loud_frames = self._loud_frames + 1 if is_loud else 0
            if self._loud_frames < _ONSET_FRAMES:
                self._forget_until(self._now_ms - _KEPT_MS)
                return None
            began_ms = self._now_ms - _ONSET_FRAMES * FRAME_MS - settings.prefix_padding_ms
            self._start_ms = max(began_ms, self._kept_from_ms)
            self._quiet_ms = 0
            return SpeechStarted(self._start_ms)
        self._quiet_ms = 0 if is_loud else self._quiet_ms + FRAME_MS
        if self._quiet_ms < max(settings.silence_duration_ms, FRAME_MS):
            return None
        segment = bytes(self._kept[(self._start_ms - self._kept_from_ms) * _BYTES_PER_MS :])
        self._start_ms = None
        self._loud_frames = 0
        self._forget_until(self._now_ms)
        return SpeechStopped(self._now_ms, segment)

    def _forget_until(self, at_ms: int) -> None:
        if at_ms > self._kept_from_ms:
            del self._kept[: (at_ms - self._kept_from_ms) * _BYTES_PER_MS]
            self._kept_from_ms = at_ms


def _mean_square(frame: bytes) -> float:
    if frame == _SILENT_FRAME:  # most of a call is silence
        return 0.0
    return float(np.take(_SQUARES, np.frombuffer(frame, np.uint8)).mean())


_SILENT_FRAME = voice.SILENCE * (FRAME_MS * _BYTES_PER_MS)
_SQUARES = voice.decode(bytes(range(256))).astype(np.float32) ** 2
