"""Twilio's frames, as on the reference page and in any other legal spelling."""

import json
from typing import Any

import pytest

from services.media_bridge.json_wire import UNREADABLE
from services.media_bridge.twilio.stream_wire import (
    MEDIA_TAIL,
    CallerEvent,
    StreamStarted,
    clear_frame,
    event_of,
    mark_frame,
    media_head,
    read,
)
from shared.core.conversation.events import CallerLegEnded, KeyPressed, MarkEchoed

START: dict[str, Any] = {  # Any: JSON
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC1",
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "signed"},
    },
    "streamSid": "MZ1",
}


def fact(frame: dict[str, Any]) -> CallerEvent | None:  # Any: JSON
    message = json.dumps(frame).encode()
    return event_of(read(message), message)


def without(frame: dict[str, Any], key: str) -> dict[str, Any]:  # Any: JSON
    return {**frame, "start": {name: value for name, value in frame["start"].items() if name != key}}


def test_a_start_names_the_call_and_brings_the_token() -> None:
    assert fact(START) == StreamStarted(call_sid="CA1", stream_sid="MZ1", token="signed", is_mulaw=True)


@pytest.mark.parametrize("key", ["customParameters", "mediaFormat", "streamSid", "tracks"])
def test_a_start_with_less_in_it_is_a_start(key: str) -> None:
    started = fact(without(START, key))
    assert isinstance(started, StreamStarted)
    assert (started.stream_sid, started.is_mulaw) == ("MZ1", True)


def test_another_encoding_is_noticed() -> None:
    start = {**START["start"], "mediaFormat": {"encoding": "audio/l16", "sampleRate": 16000}}
    started = fact({**START, "start": start})
    assert isinstance(started, StreamStarted)
    assert not started.is_mulaw


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ({"event": "dtmf", "dtmf": {"track": "inbound_track", "digit": "1"}}, KeyPressed("1")),
        ({"event": "dtmf", "dtmf": {"digit": "#"}}, KeyPressed("#")),
        ({"event": "dtmf", "dtmf": {"digit": "12"}}, None),
        ({"event": "dtmf", "dtmf": {}}, None),
        ({"event": "mark", "mark": {"name": "m7"}}, MarkEchoed("m7")),
        ({"event": "stop", "stop": {"callSid": "CA1"}}, CallerLegEnded()),
        ({"event": "connected", "protocol": "Call", "version": "1.0.0"}, None),
        ({"event": "something.new", "what": [1, {"ever": None}]}, None),
        ({}, None),
    ],
)
def test_frames_other_than_audio(frame: dict[str, Any], expected: CallerEvent | None) -> None:  # Any: JSON
    assert fact(frame) == expected


@pytest.mark.parametrize("text", [b'{"event":"media","media":{}}', b'{"event":1}', b"[]", b'{"event":"media"', b'"\xff"'])
def test_a_broken_frame_is_told_apart(text: bytes) -> None:
    with pytest.raises(UNREADABLE):
        read(text)


def test_a_frame_that_breaks_its_events_promise_is_told_apart() -> None:
    text = b'{"event":"mark","mark":7}'
    with pytest.raises(UNREADABLE):
        event_of(read(text), text)


def test_our_frames_have_exactly_the_fields_twilio_takes() -> None:
    assert json.loads(media_head("MZ1") + b'"//8="' + MEDIA_TAIL) == {
        "event": "media",
        "streamSid": "MZ1",
        "media": {"payload": "//8="},
    }
    assert json.loads(mark_frame("MZ1", "m1")) == {"event": "mark", "streamSid": "MZ1", "mark": {"name": "m1"}}
    assert json.loads(clear_frame("MZ1")) == {"event": "clear", "streamSid": "MZ1"}
