"""Short pieces of the agent's audio that come in a burst are joined; nothing that the caller waits for is held back."""

import asyncio
from base64 import b64decode, b64encode

import pytest

from tests.unit.services.media_bridge.call.test_audio_lane import Line, sound

PIECE_MS = 20


@pytest.fixture
def line() -> Line:
    return Line()


def lengths_ms(line: Line) -> list[float]:
    return [len(b64decode(frame["media"]["payload"])) / 8 for frame in line.caller.of("media")]


def burst(line: Line, pieces: int, *, faster: float = 5.0) -> None:
    for _ in range(pieces):
        line.model("item_1", PIECE_MS)
        line.clock.now += PIECE_MS / 1000 / faster


async def test_short_pieces_of_a_burst_become_frames_of_40_ms_once_the_caller_has_enough_to_hear(line: Line) -> None:
    burst(line, 100)
    sent = lengths_ms(line)
    assert sent[:10] == [PIECE_MS] * 10
    assert set(sent[20:]) == {2 * PIECE_MS}
    line.lane.flush()
    assert sum(lengths_ms(line)) == 100 * PIECE_MS


def test_pieces_that_come_as_fast_as_they_are_spoken_go_out_one_by_one(line: Line) -> None:
    line.model("item_1", 1000)
    line.clock.now += PIECE_MS / 1000
    burst(line, 40, faster=1.0)
    assert lengths_ms(line)[1:] == [PIECE_MS] * 40


def test_long_pieces_are_not_joined(line: Line) -> None:
    for _ in range(5):
        line.model("item_1", 200)
    assert lengths_ms(line) == [200] * 5


async def test_the_first_sound_of_each_item_is_never_held(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_2", PIECE_MS)
    assert lengths_ms(line) == [1000, PIECE_MS]


async def test_the_sound_keeps_its_order_and_its_bytes_whatever_their_number(line: Line) -> None:
    line.model("item_1", 1000)
    said = bytearray()
    for number in range(1, 60):
        piece = bytes([number]) * (number * 3 % 161 + 1)
        said += piece
        line.lane.on_model_audio("resp_1", "item_1", quoted(piece))
    line.model("item_2", 100)
    heard = b"".join(b64decode(frame["media"]["payload"]) for frame in line.caller.of("media"))
    assert heard[8000:-800] == bytes(said)


async def test_what_is_held_goes_out_before_another_item_and_before_our_own_audio(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_1", PIECE_MS)
    line.model("item_2", 60)
    line.model("item_2", PIECE_MS)
    line.lane.play("prompt", sound(PIECE_MS))
    assert lengths_ms(line) == [1000, PIECE_MS, 60, PIECE_MS, PIECE_MS]
    assert line.began == [("resp_1", "item_1"), ("resp_1", "item_2")]


async def test_a_clear_drops_what_is_held(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_1", PIECE_MS)
    line.lane.clear()
    line.lane.flush()
    assert lengths_ms(line) == [1000]


async def test_what_is_no_base64_is_joined_to_nothing(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_1", PIECE_MS)
    line.lane.on_model_audio("resp_1", "item_1", b'"x"')
    line.lane.flush()
    assert [frame["media"]["payload"] for frame in line.caller.of("media")][2:] == ["x"]


async def test_without_a_model_what_was_held_is_heard(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_1", PIECE_MS)
    line.lane.disconnect()
    assert lengths_ms(line) == [1000, PIECE_MS]


async def test_if_nothing_follows_what_is_held_goes_out_long_before_it_is_missed(line: Line) -> None:
    line.model("item_1", 1000)
    line.model("item_1", PIECE_MS)
    assert lengths_ms(line) == [1000]
    async with asyncio.timeout(1):
        while len(lengths_ms(line)) < 2:
            await asyncio.sleep(0)
    assert lengths_ms(line) == [1000, PIECE_MS]


def quoted(audio: bytes) -> bytes:
    return b'"%b"' % b64encode(audio)
