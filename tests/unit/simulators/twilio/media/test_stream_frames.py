"""Frames of Media Streams: exact shapes going out, no mercy with what comes in."""

import base64
import json

import pytest

from simulators.twilio.media import stream_frames as frames

SID = "MZ" + "1" * 32
WHO = frames.Identity("AC" + "0" * 32, "CA" + "2" * 32, SID)
PAYLOAD = base64.b64encode(b"\xff" * 160).decode()


def test_start_has_strings_where_strings_are_due() -> None:
    frame = json.loads(frames.start(WHO, sequence=1, parameters={"token": "t"}))

    assert frame == {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": SID,
        "start": {
            "accountSid": WHO.account_sid,
            "streamSid": SID,
            "callSid": WHO.call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t"},
        },
    }


def test_the_other_frames_have_their_shapes() -> None:
    media = frames.media(WHO, sequence=3, chunk=1, timestamp_ms=20, audio=b"\xff" * 160)

    assert json.loads(media) == {
        "event": "media",
        "sequenceNumber": "3",
        "streamSid": SID,
        "media": {"track": "inbound", "chunk": "1", "timestamp": "20", "payload": PAYLOAD},
    }
    assert json.loads(frames.dtmf(WHO, sequence=4, digit="1")) == {
        "event": "dtmf",
        "sequenceNumber": "4",
        "streamSid": SID,
        "dtmf": {"track": "inbound_track", "digit": "1"},
    }
    assert json.loads(frames.mark(WHO, sequence=5, name="é\n")) == {
        "event": "mark",
        "sequenceNumber": "5",
        "streamSid": SID,
        "mark": {"name": "é\n"},
    }
    assert json.loads(frames.stop(WHO, sequence=6)) == {
        "event": "stop",
        "sequenceNumber": "6",
        "streamSid": SID,
        "stop": {"accountSid": WHO.account_sid, "callSid": WHO.call_sid},
    }
    assert json.loads(frames.CONNECTED) == {"event": "connected", "protocol": "Call", "version": "1.0.0"}


def parse(message: object) -> frames.Frame:
    return frames.parse(json.dumps(message), stream_sid=SID)


def test_good_frames_are_read() -> None:
    assert parse({"event": "media", "streamSid": SID, "media": {"payload": PAYLOAD}}) == frames.Media(b"\xff" * 160)
    assert parse({"streamSid": SID, "mark": {"name": "a"}, "event": "mark"}) == frames.Mark("a")
    assert parse({"event": "clear", "streamSid": SID}) == frames.Clear()


@pytest.mark.parametrize(
    "message",
    [
        [],
        {"event": "dance", "streamSid": SID},
        {"event": "clear"},
        {"event": "clear", "streamSid": "MZ" + "9" * 32},
        {"event": "clear", "streamSid": SID, "clear": {}},
        {"event": "media", "streamSid": SID},
        {"event": "media", "streamSid": SID, "media": {"payload": PAYLOAD, "track": "outbound"}},
        {"event": "media", "streamSid": SID, "media": {"payload": 7}},
        {"event": "media", "streamSid": SID, "media": {"payload": "§"}},
        {"event": "media", "streamSid": SID, "media": {"payload": PAYLOAD}, "sequenceNumber": "1"},
        {"event": "mark", "streamSid": SID, "mark": {}},
        {"event": "mark", "streamSid": SID, "mark": "a"},
    ],
)
def test_a_bad_message_is_31951(message: object) -> None:
    assert isinstance(bad := parse(message), frames.BadFrame)
    assert bad.warning == 31951


def test_text_that_is_no_json_is_31951_and_binary_31950() -> None:
    text, binary = frames.parse("{", stream_sid=SID), frames.parse(b"{}", stream_sid=SID)

    assert isinstance(text, frames.BadFrame)
    assert isinstance(binary, frames.BadFrame)
    assert (text.warning, binary.warning) == (31951, 31950)
