"""The file format of the stored prompts: RIFF WAVE, 8 kHz, mono, mu-law (format tag 7)."""

import struct
from collections.abc import Iterator
from typing import Final

from shared.core.errors import ConfirmerError

RATE_HZ: Final = 8000
MULAW: Final = 7
"""WAVE_FORMAT_MULAW. Source: RFC 2361."""

_FORMAT: Final = struct.Struct("<HHIIHH")
_CHUNK: Final = struct.Struct("<4sI")
_RIFF: Final = struct.Struct("<4sI4s")


class AudioFormatError(ConfirmerError):
    """The file is no 8 kHz mono mu-law WAVE."""


def pack(mulaw: bytes) -> bytes:
    """Return a WAVE file with these mu-law samples."""
    form = _FORMAT.pack(MULAW, 1, RATE_HZ, RATE_HZ, 1, 8) + b"\0\0"
    padding = b"\0" * (len(mulaw) % 2)
    chunks = b"".join(
        (
            _CHUNK.pack(b"fmt ", len(form)) + form,
            _CHUNK.pack(b"fact", 4) + struct.pack("<I", len(mulaw)),
            _CHUNK.pack(b"data", len(mulaw)) + mulaw + padding,
        )
    )
    return _RIFF.pack(b"RIFF", 4 + len(chunks), b"WAVE") + chunks


def unpack(wave: bytes) -> bytes:
    """Return the mu-law samples of a WAVE file.

    Raises:
        AudioFormatError: It is another kind of file, or another rate, width, encoding or number of channels.
    """
    if len(wave) < _RIFF.size or wave[:4] != b"RIFF" or wave[8:12] != b"WAVE":
        raise AudioFormatError("no WAVE file")
    chunks = dict(_chunks(wave))
    form = chunks.get(b"fmt ", b"")
    if len(form) < _FORMAT.size or b"data" not in chunks:
        raise AudioFormatError("the WAVE file has no format or no data")
    tag, channels, rate_hz, *_ = _FORMAT.unpack_from(form)
    if (tag, channels, rate_hz) != (MULAW, 1, RATE_HZ):
        raise AudioFormatError(f"want mu-law, mono, 8000 Hz; got format {tag}, {channels} channels, {rate_hz} Hz")
    return chunks[b"data"]


def _chunks(wave: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = _RIFF.size
    while position + _CHUNK.size <= len(wave):
        name, size = _CHUNK.unpack_from(wave, position)
        position += _CHUNK.size
        yield name, wave[position : position + size]
        position += size + size % 2
