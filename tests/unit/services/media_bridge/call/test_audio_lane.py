"""The audio lane carries sound and keeps count of what was heard."""

from base64 import b64encode

import pytest

from services.media_bridge.call.audio_lane import AudioLane
from shared.core.conversation.playback import Playback
from tests.support.bridge.fakes import STREAM_SID, FakeClock, a_caller_leg, a_model_leg, audio, silence


class Nobody:
    def on_caller_event(self, event: object) -> None: ...


class Notes:
    """Who a recorder would be."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def customer(self, payload: bytes) -> None:
        self.notes.append("customer")

    def agent(self, payload: bytes) -> None:
        self.notes.append("agent")

    def clear(self) -> None:
        self.notes.append("clear")


class Line:
    """A lane between two sockets that remember."""

    def __init__(self) -> None:
        leg, self.caller = a_caller_leg(Nobody())
        self.began: list[tuple[str, str]] = []
        self.playback = Playback()
        self.notes = Notes()
        self.clock = FakeClock()
        self.lane = AudioLane(
            leg,
            leg.open_stream(STREAM_SID),
            self.playback,
            clock=self.clock,
            on_began=lambda response, item: self.began.append((response, item)),
            recorder=self.notes,
        )

    def speak(self) -> None:
        self.caller.bring({"event": "media", "media": {"payload": audio(20)}})

    def model(self, item: str, ms: int, response: str = "resp_1") -> None:
        self.lane.on_model_audio(response, item, sound(ms))


def sound(ms: int) -> bytes:
    return b'"%b"' % audio(ms).encode()


@pytest.fixture
def line() -> Line:
    return Line()


def test_the_agents_sound_reaches_the_caller_untouched(line: Line) -> None:
    odd = b64encode(bytes(range(250)) * 3 + b"\x01")
    line.lane.on_model_audio("resp_1", "item_1", b'"%b"' % odd)
    assert line.caller.sent[0] == {"event": "media", "streamSid": STREAM_SID, "media": {"payload": odd.decode()}}


def test_the_first_sound_of_each_item_is_told_once(line: Line) -> None:
    for item in ("item_1", "item_1", "item_2"):
        line.model(item, 20)
    assert line.began == [("resp_1", "item_1"), ("resp_1", "item_2")]


def test_a_mark_is_set_every_200_ms_of_sound_not_after_every_piece(line: Line) -> None:
    for _ in range(40):
        line.model("item_1", 20)
    assert len(line.caller.of("media")) == 40
    assert len(line.caller.of("mark")) == 4


def test_sound_of_a_response_that_was_cut_off_is_dropped(line: Line) -> None:
    line.playback.mute("resp_1")
    line.model("item_1", 20)
    line.model("item_2", 20, response="resp_2")
    assert len(line.caller.of("media")) == 1
    assert (line.lane.muted, line.lane.from_model) == (1, 1)


async def test_the_caller_reaches_the_model(line: Line) -> None:
    leg, model = a_model_leg()
    line.lane.connect(leg)
    line.speak()
    assert model.sent == [{"type": "input_audio_buffer.append", "audio": audio(20)}]
    assert line.lane.from_caller == 1


async def test_without_a_model_the_callers_last_two_seconds_wait_for_the_next(line: Line) -> None:
    for _ in range(300):
        line.speak()
    leg, model = a_model_leg()
    line.lane.connect(leg)
    assert len(model.sent) == 100
    line.lane.disconnect()
    line.speak()
    assert len(model.sent) == 100


def test_a_clear_goes_out_at_once(line: Line) -> None:
    line.lane.clear()
    assert line.caller.sent == [{"event": "clear", "streamSid": STREAM_SID}]


def test_audio_of_our_own_is_told_to_nobody(line: Line) -> None:
    line.lane.play("item_1", sound(20))
    assert line.began == []
    assert len(line.caller.of("media")) == 1


def test_a_recorder_hears_both_sides(line: Line) -> None:
    line.model("item_1", 20)
    line.speak()
    line.lane.clear()
    assert line.notes.notes == ["agent", "customer", "clear"]


def test_items_that_come_by_turns_begin_once_each(line: Line) -> None:
    for item in ("item_1", "item_2", "item_1", "item_2", "item_1"):
        line.model(item, 20)
    assert line.began == [("resp_1", "item_1"), ("resp_1", "item_2")]


def test_audio_without_an_item_begins_too(line: Line) -> None:
    line.model("", 20)
    assert line.began == [("resp_1", "")]


@pytest.mark.parametrize("zero", [b"\xff", b"\x7f", b"\x7f\xff", b""], ids=repr)
def test_digital_silence_before_an_items_first_sound_is_no_audio(line: Line, zero: bytes) -> None:
    line.lane.on_model_audio("resp_1", "item_1", b'"%b"' % b64encode(zero * 400))
    assert (line.began, line.caller.sent, line.lane.silent) == ([], [], 1)
    assert line.playback.is_drained
    line.model("item_1", 20)
    assert line.began == [("resp_1", "item_1")]


def test_silence_between_sounds_is_a_pause_and_is_sent(line: Line) -> None:
    line.model("item_1", 20)
    line.lane.on_model_audio("resp_1", "item_1", b'"%b"' % silence(20).encode())
    assert len(line.caller.of("media")) == 2
    assert line.lane.silent == 0


def test_what_was_heard_of_an_item_includes_the_silence_that_was_left_out(line: Line) -> None:
    line.lane.on_model_audio("resp_1", "item_1", b'"%b"' % silence(300).encode())
    line.model("item_1", 1000)
    line.model("item_2", 1000)
    line.clock.now += 0.5
    heard = line.playback.unheard_items(line.clock())
    assert [(one.item_id, one.heard_ms, one.sent_ms) for one in heard] == [("item_1", 800, 1300), ("item_2", 0, 1000)]


def test_audio_that_is_not_base64_is_passed_on(line: Line) -> None:
    line.lane.on_model_audio("resp_1", "item_1", b'"a"')
    assert line.lane.silent == 0
