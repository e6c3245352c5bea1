"""What the bridge's processes on this machine know of each other: how many streams each has, and its figures.

They share one port, so a question about health or figures reaches any of them, and a stream may reach one that is full
while another has room.
"""

import mmap

_SLOT_BYTES = 512 * 1024
_WORD_BYTES = 8
_STREAMS, _VERSION, _LENGTH, _BODY = range(4)  # words of a slot; the version is odd while the figures are being written
_TRIES = 5


class Siblings:
    """Memory that is shared by `count` processes, forked after it was made; each calls `become` once with its number."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._memory = mmap.mmap(-1, _SLOT_BYTES * count)
        self._words = memoryview(self._memory).cast("q")  # each written in one piece, which `struct` does not
        self._number = 0
        self.inherited = b""

    def become(self, number: int) -> None:
        """Be process `number`, from 0. An earlier one of that number has no streams any more; `inherited` is what it published."""
        self._number = number
        self.inherited = self._read(number)
        self.note_streams(0)

    def note_streams(self, streams: int) -> None:
        """Let the others know how many streams this process has."""
        self._words[self._word(self._number, _STREAMS)] = streams

    def claim(self, streams: int, *, most: int) -> bool:
        """Note that this process wants one more than its `streams`; False, and nothing noted, where all then had over `most`.

        The claim stands before the others are looked at, so two that claim the last place at once may both be refused, never
        both be let in. Nobody waits for a lock: one that is frozen holds up none of the others.
        """
        self.note_streams(streams + 1)
        if self.streams <= most:
            return True
        self.note_streams(streams)
        return False

    @property
    def streams(self) -> int:
        """How many streams all processes have together."""
        return sum(self._words[self._word(number, _STREAMS)] for number in range(self.count))

    def publish(self, figures: bytes) -> None:
        """Let the others have this process's figures; more than half a megabyte of them are left out."""
        version, body = self._word(self._number, _VERSION), self._word(self._number, _BODY) * _WORD_BYTES
        told = figures if len(figures) <= _SLOT_BYTES - _BODY * _WORD_BYTES else b""
        self._words[version] = self._words[version] // 2 * 2 + 1
        self._memory[body : body + len(told)] = told
        self._words[self._word(self._number, _LENGTH)] = len(told)
        self._words[version] += 1

    def others_figures(self) -> list[bytes]:
        """Return what the others have published; one that is writing all the time is left out."""
        others = [number for number in range(self.count) if number != self._number]
        return [figures for number in others if (figures := self._read(number))]

    def _read(self, number: int) -> bytes:
        at, length, body = (self._word(number, word) for word in (_VERSION, _LENGTH, _BODY))
        for _ in range(_TRIES):
            version = self._words[at]
            figures = bytes(self._memory[body * _WORD_BYTES : body * _WORD_BYTES + self._words[length]])
            if version % 2 == 0 and self._words[at] == version:
                return figures
        return b""

    @staticmethod
    def _word(number: int, word: int) -> int:
        return number * _SLOT_BYTES // _WORD_BYTES + word
