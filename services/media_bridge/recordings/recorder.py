"""Records a call as a stereo WAV file, piece by piece: the customer left, the agent right as it was heard.

The customer's audio is the clock: for each piece of it, a piece of the agent's waiting audio of the same length is written
beside it, since Twilio plays it at that time. A `clear` drops the audio that waits.
"""

import asyncio
import struct
from base64 import b64decode
from collections import deque
from pathlib import Path
from typing import BinaryIO

from services.media_bridge.recordings.disk_threads import on_disk
from services.media_bridge.twilio.stream_wire import SILENCE
from shared.runtime.private_files import create_private, make_private_folder

_RATE_HZ = 8000
_PIECE_BYTES = _RATE_HZ  # a second of each side is written at once
_MOST_WAITING = 30  # pieces, while the disk is stalled; later ones are lost
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
_UNKNOWN_SIZE = 0xFFFFFFFF  # until the end is known; players then read to the end of the file


def _linear(code: int) -> int:
    """Return the 16-bit sample of a µ-law code. Source: ITU-T G.711."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)
    return 0x84 - magnitude if code & 0x80 else magnitude - 0x84


_LOW = bytes(_linear(code) & 0xFF for code in range(256))
_HIGH = bytes((_linear(code) >> 8) & 0xFF for code in range(256))


class Recording:
    """One call's file. The audio lane adds audio; `run` writes it in a thread, until `finish`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._left = bytearray()
        self._right = bytearray()
        self._waiting = bytearray()  # what the agent still has to play
        self._pieces: deque[bytes] = deque()
        self._is_due = asyncio.Event()
        self._is_finished = False
        self.lost_s = 0

    def customer(self, payload: bytes) -> None:
        """Add the customer's next audio, quoted base64; its length is the clock."""
        heard = b64decode(payload)  # b64decode passes the quotes over
        said = self._waiting[: len(heard)]
        del self._waiting[: len(heard)]
        self._left += heard
        self._right += said.ljust(len(heard), SILENCE)
        if len(self._left) >= _PIECE_BYTES:
            self._hand_over()

    def agent(self, payload: bytes) -> None:
        """Add audio that the agent plays after all that it still has to play."""
        self._waiting += b64decode(payload)

    def clear(self) -> None:
        """Drop what the agent still had to play."""
        self._waiting.clear()

    def finish(self) -> None:
        """Let `run` end once all is written."""
        self._hand_over()
        self._is_finished = True
        self._is_due.set()

    async def run(self) -> None:
        """Write the audio to disk in threads: neither the event loop nor a cancellation waits for the disk.

        Raises:
            OSError: The disk refuses.
        """
        file = await on_disk(self._open)
        try:
            while not (self._is_finished and not self._pieces):
                await self._is_due.wait()
                self._is_due.clear()
                while self._pieces:
                    await on_disk(file.write, self._pieces.popleft())
        except OSError:
            await on_disk(file.close)
            raise
        await on_disk(_close, file)

    def _open(self) -> BinaryIO:
        make_private_folder(self._path.parent)
        create_private(self._path)
        file = self._path.open("wb")
        file.write(_header(_UNKNOWN_SIZE - _HEADER.size))
        return file

    def _hand_over(self) -> None:
        if len(self._pieces) >= _MOST_WAITING:
            self.lost_s += len(self._left) // _RATE_HZ
        else:
            self._pieces.append(interleaved(bytes(self._left), bytes(self._right)))
        self._left.clear()
        self._right.clear()
        self._is_due.set()


def interleaved(left: bytes, right: bytes) -> bytes:
    """Return two µ-law sides of one length as 16-bit stereo samples."""
    samples = bytearray(4 * len(left))
    samples[0::4], samples[1::4] = left.translate(_LOW), left.translate(_HIGH)
    samples[2::4], samples[3::4] = right.translate(_LOW), right.translate(_HIGH)
    return bytes(samples)


def _close(file: BinaryIO) -> None:
    """Write the sizes, known now, into the header."""
    with file:
        size = file.tell() - _HEADER.size
        file.seek(0)
        file.write(_header(size))


def _header(size: int) -> bytes:
    """Return the header of a 16-bit stereo WAV file with `size` bytes of samples."""
    form = (b"fmt ", 16, 1, 2, _RATE_HZ, 4 * _RATE_HZ, 4, 16)
    return _HEADER.pack(b"RIFF", (size + _HEADER.size - 8) & _UNKNOWN_SIZE, b"WAVE", *form, b"data", size & _UNKNOWN_SIZE)
