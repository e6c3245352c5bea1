"""What the bridge's processes on this machine know of each other: how many streams each has, and its figures.

They share one port, so a question about health or figures reaches any of them, and a stream may reach one that is full
while another has room.
"""

import mmap
import struct

_COUNT = struct.Struct("=q")
_HEAD = struct.Struct("=qq")  # version, odd while it is being written; length
_SLOT_BYTES = 512 * 1024
_TRIES = 5


class Siblings:
    """Memory that is shared by `count` processes, forked after it was made; each calls `become` once with its number."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = mmap.mmap(-1, _SLOT_BYTES * count)
        self._number = 0

    def become(self, number: int) -> None:
        """Be process `number`, from 0; what an earlier one of that number left is forgotten."""
        self._number = number
        self.note_streams(0)
        self.publish(b"")

    def note_streams(self, streams: int) -> None:
        """Let the others know how many streams this process has."""
        _COUNT.pack_into(self._memory, self._number * _SLOT_BYTES, streams)

    @property
    def streams(self) -> int:
        """How many streams all processes have together."""
        return sum(_COUNT.unpack_from(self._memory, number * _SLOT_BYTES)[0] for number in range(self.count))

    def publish(self, figures: bytes) -> None:
        """Let the others have this process's figures; more than half a megabyte of them are left out."""
        start = self._number * _SLOT_BYTES + _COUNT.size
        room = _SLOT_BYTES - _COUNT.size - _HEAD.size
        told = figures if len(figures) <= room else b""
        version = _HEAD.unpack_from(self._memory, start)[0] // 2 * 2
        _HEAD.pack_into(self._memory, start, version + 1, 0)
        body = start + _HEAD.size
        self._memory[body : body + len(told)] = told
        _HEAD.pack_into(self._memory, start, version + 2, len(told))

    def others_figures(self) -> list[bytes]:
        """Return what the others have published; one that is writing all the time is left out."""
        others = [number for number in range(self.count) if number != self._number]
        return [figures for number in others if (figures := self._read(number))]

    def _read(self, number: int) -> bytes:
        start = number * _SLOT_BYTES + _COUNT.size
        for _ in range(_TRIES):
            version, length = _HEAD.unpack_from(self._memory, start)
            body = start + _HEAD.size
            figures = bytes(self._memory[body : body + length])
            if version % 2 == 0 and _HEAD.unpack_from(self._memory, start)[0] == version:
                return figures
        return b""
