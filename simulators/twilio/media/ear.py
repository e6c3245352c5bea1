"""What the person hears: sample-true, with its audible stretches and, if wished, both voices of the call on disk."""

from collections import deque
from collections.abc import MutableSequence
from pathlib import Path
from typing import BinaryIO

from simulators.speech import voice
from simulators.twilio.media.play_buffer import SAMPLES_PER_MS
from simulators.twilio.media.sounds import is_audible

MAX_GAP_MS = 250
"""Quiet shorter than this does not end an audible stretch."""
_SPOOL_BUFFER = 65_536


class Stretches:
    """The audible stretches of one voice as `[from_ms, to_ms]`, in the ledger's own list."""

    def __init__(self, into: MutableSequence[list[float]] | deque[list[float]], *, origin_ms: float) -> None:
        self._into = into
        self._origin_ms = origin_ms
        self.audible_ms = 0.0
        self.last_audible_ms = -1e9

    def add(self, start_ms: float, length_ms: float) -> None:
        """Note an audible piece; times count from the answer."""
        since, until = self._origin_ms + start_ms, self._origin_ms + start_ms + length_ms
        if self._into and since - self._into[-1][1] <= MAX_GAP_MS:
            self._into[-1][1] = round(until, 1)
        else:
            self._into.append([round(since, 1), round(until, 1)])
        self.audible_ms += length_ms
        self.last_audible_ms = start_ms + length_ms


class Track:
    """One side of the recording: pieces at their sample, silence between them, spooled to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO = path.open("wb", buffering=_SPOOL_BUFFER)
        self._length = 0

    def add(self, start: int, audio: bytes) -> None:
        """Write the piece that begins at that sample."""
        self._file.write(voice.SILENCE * (start - self._length))
        self._file.write(audio)
        self._length = max(self._length, start) + len(audio)

    def close(self) -> None:
        """Flush and close; twice does no harm."""
        self._file.close()


class Recording:
    """Both sides of a call; `save` makes the stereo WAV file (left the person, right the agent)."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.wav"
        self.person = Track(folder / f"{name}.person.ulaw")
        self.agent = Track(folder / f"{name}.agent.ulaw")

    def save(self) -> None:
        """Write the WAV file and drop the spools."""
        tracks = (self.person, self.agent)
        for track in tracks:
            track.close()
        left, right = (track.path.read_bytes() for track in tracks)
        voice.write_wav(self.path, left, right)
        for track in tracks:
            track.path.unlink()


class Ear:
    """Takes what is played to the person, at the sample at which it is played."""

    def __init__(self, stretches: Stretches, track: Track | None) -> None:
        self.stretches = stretches
        self._track = track

    def hear(self, start: int, audio: bytes) -> None:
        """Note what was heard from that sample on."""
        if not audio:
            return
        if is_audible(audio):
            self.stretches.add(start / SAMPLES_PER_MS, len(audio) / SAMPLES_PER_MS)
        if self._track is not None:
            self._track.add(start, audio)
