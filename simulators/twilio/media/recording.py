"""A recording of both voices of a call: each is written to a temporary file, and both become one stereo WAV file."""

from pathlib import Path
from typing import BinaryIO

from simulators.speech import voice

_SPOOL_BUFFER = 65_536


class Track:
    """One side of the recording: pieces at their samples with silence between them, written to a temporary file."""

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
        """Flush and close the file; a second call does no harm."""
        self._file.close()


class Recording:
    """Both sides of a call; `save` writes the stereo WAV file (left the person, right the agent)."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.wav"
        self.person = Track(folder / f"{name}.person.ulaw")
        self.agent = Track(folder / f"{name}.agent.ulaw")

    def save(self) -> None:
        """Write the WAV file and delete the temporary files."""
        tracks = (self.person, self.agent)
        for track in tracks:
            track.close()
        left, right = (track.path.read_bytes() for track in tracks)
        voice.write_wav(self.path, left, right)
        for track in tracks:
            track.path.unlink()
