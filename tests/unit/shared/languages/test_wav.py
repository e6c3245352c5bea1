"""The file format of the stored prompts."""

import struct

import pytest

from shared.languages.wav import AudioFormatError, pack, unpack


@pytest.mark.parametrize("mulaw", [b"", b"\xff", b"\xff\x00" * 80])
def test_what_is_packed_is_unpacked(mulaw: bytes) -> None:
    assert unpack(pack(mulaw)) == mulaw


def test_the_sizes_in_the_header_are_right() -> None:
    file = pack(b"\x01\x02\x03")
    assert struct.unpack_from("<I", file, 4)[0] == len(file) - 8
    assert len(file) % 2 == 0


def test_unknown_chunks_are_skipped() -> None:
    file = pack(b"\x01\x02")
    with_list = file[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + file[12:]
    assert unpack(with_list) == b"\x01\x02"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"RIFF\0\0\0\0AVI ",
        pack(b"\x01")[:40],
        pack(b"\x01").replace(struct.pack("<HH", 7, 1), struct.pack("<HH", 1, 1)),
        pack(b"\x01").replace(struct.pack("<HH", 7, 1), struct.pack("<HH", 7, 2)),
    ],
)
def test_another_kind_of_file_is_refused(file: bytes) -> None:
    with pytest.raises(AudioFormatError):
        unpack(file)
