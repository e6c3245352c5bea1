"""The caller's leg: what comes in is told, what goes out is a frame."""

import pytest

from services.media_bridge.twilio.flood_guard import MOST_KEYS, MOST_MESSAGES
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.stream_wire import CallerEvent
from shared.core.conversation.events import CallerLegEnded, KeyPressed, MarkEchoed
from tests.support.bridge.fakes import STREAM_SID, FakeSocket, a_caller_leg, audio


class Hearer:
    def __init__(self) -> None:
        self.heard: list[bytes | CallerEvent] = []

    def on_caller_event(self, event: CallerEvent) -> None:
        self.heard.append(event)


def a_leg() -> tuple[CallerLeg, FakeSocket, Hearer]:
    hearer = Hearer()
    leg, socket = a_caller_leg(hearer)
    leg.route_audio(hearer.heard.append)
    return leg, socket, hearer


def test_sound_keys_and_marks_are_told() -> None:
    _, socket, hearer = a_leg()
    socket.bring({"event": "media", "media": {"payload": audio(20)}})
    socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
    socket.bring({"event": "mark", "mark": {"name": "m1"}})
    assert hearer.heard == [f'"{audio(20)}"'.encode(), KeyPressed("1"), MarkEchoed("m1")]


def test_the_end_is_told_once_whether_twilio_says_so_or_only_hangs_up() -> None:
    _, socket, hearer = a_leg()
    socket.bring({"event": "stop", "stop": {}})
    socket.break_off()
    assert hearer.heard == [CallerLegEnded()]
    _, other, hearer = a_leg()
    other.break_off()
    assert hearer.heard == [CallerLegEnded()]


def test_unreadable_frames_are_counted_and_soundless_media_let_go() -> None:
    leg, socket, hearer = a_leg()
    leg.on_message(b"{")
    socket.bring({"event": "media"})
    socket.bring({"event": "media", "media": {"payload": 7}})
    assert (leg.unreadable, hearer.heard) == (1, [])


@pytest.mark.parametrize("frame", [b'{"x":' + b"[" * 4000, b'{"event":"\xff"}'], ids=["nested too deeply", "no UTF-8"])
def test_a_frame_that_breaks_the_parser_costs_no_stream(frame: bytes) -> None:
    leg, socket, hearer = a_leg()
    leg.on_message(frame)
    socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
    assert (leg.unreadable, hearer.heard) == (1, [KeyPressed("1")])


@pytest.mark.parametrize("payload", [b'"\xff"', b'"\\/\xff"', b'"\\ud800"', b'"\\u00eb"'])
def test_what_is_no_base64_at_all_is_not_forwarded(payload: bytes) -> None:
    leg, _, hearer = a_leg()
    leg.on_message(b'{"event":"media","media":{"payload":%b}}' % payload)
    assert hearer.heard == []


def test_a_flood_of_keys_is_thinned_out_and_the_stream_left_alone() -> None:
    leg, socket, hearer = a_leg()
    for _ in range(MOST_MESSAGES):
        socket.bring({"event": "dtmf", "dtmf": {"digit": "1"}})
    assert hearer.heard == [KeyPressed("1")] * MOST_KEYS
    assert leg.ignored == MOST_MESSAGES - MOST_KEYS
    assert len(socket.pauses_s) == 1


def test_sound_is_never_too_much() -> None:
    _, socket, hearer = a_leg()
    for _ in range(2 * MOST_MESSAGES):
        socket.bring({"event": "media", "media": {"payload": audio(20)}})
    assert len(hearer.heard) == 2 * MOST_MESSAGES
    assert socket.pauses_s == []


async def test_once_the_stream_is_known_it_can_be_spoken_on() -> None:
    leg, socket, _ = a_leg()
    assert socket.sent == []
    outgoing = leg.open_stream(STREAM_SID)
    outgoing.send_media(b'"//8="')
    outgoing.send_mark("m1")
    outgoing.send_clear()
    assert [message["event"] for message in socket.sent] == ["media", "mark", "clear"]
    assert {message["streamSid"] for message in socket.sent} == {STREAM_SID}


async def test_our_own_close_is_no_news() -> None:
    leg, socket, hearer = a_leg()
    await leg.close(1008, "")
    socket.break_off()
    assert (hearer.heard, socket.closed) == ([], (1008, ""))
