"""The frames of Media Streams: builds those that Twilio sends, and checks those that a server sends, key by key."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class FrameWarning(IntEnum):
    """Twilio's warnings about a server's frames on a stream."""

    DISCARDED = 31931
    UNDECODABLE = 31950
    MALFORMED = 31951


@dataclass(frozen=True, slots=True)
class Media:
    """Audio to play: 8 kHz mu-law of any length."""

    audio: bytes


@dataclass(frozen=True, slots=True)
class Mark:
    """A label that is sent back when all audio before it has been played."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Empty the play buffer."""


@dataclass(frozen=True, slots=True)
class BadFrame:
    """A frame that Twilio would log and ignore."""

    warning: FrameWarning
    why: str


Frame: TypeAlias = Media | Mark | Clear | BadFrame

_CONTENT = {"media": "payload", "mark": "name"}


def parse(frame: str | bytes, *, stream_sid: str) -> Frame:
    """Read a frame from the server, as strictly as Twilio's error dictionary says.

    Source: Twilio, "Media Streams - WebSocket messages", and its errors 31950 and 31951: a wrong `streamSid`, a
    missing or extra field, an unknown event and text that is no JSON are all warnings.
    """
    if isinstance(frame, bytes):
        return BadFrame(FrameWarning.UNDECODABLE, "binary frame")
    try:
        message = json.loads(frame)
    except ValueError:
        return BadFrame(FrameWarning.MALFORMED, "no JSON")
    if not isinstance(message, dict):
        return BadFrame(FrameWarning.MALFORMED, "no JSON object")
    event = message.get("event")
    if event not in ("media", "mark", "clear"):
        return BadFrame(FrameWarning.MALFORMED, f"unknown event {str(event)[:40]!r}")
    if message.get("streamSid") != stream_sid:
        return BadFrame(FrameWarning.MALFORMED, "streamSid is missing or not this stream's")
    expected = {"event", "streamSid"} | ({event} if event in _CONTENT else set())
    if set(message) != expected:
        return BadFrame(FrameWarning.MALFORMED, f"{event}: fields {sorted(set(message) ^ expected)} missing or extra")
    return Clear() if event == "clear" else _content(event, message[event])


def _content(event: str, content: object) -> Frame:
    field = _CONTENT[event]
    if not isinstance(content, dict) or set(content) != {field} or not isinstance(content[field], str):
        return BadFrame(FrameWarning.MALFORMED, f"{event} must hold exactly the text `{field}`")
    if event == "mark":
        return Mark(content[field])
    try:
        return Media(base64.b64decode(content[field], validate=True))
    except ValueError:
        return BadFrame(FrameWarning.MALFORMED, "media.payload is no base64")


CONNECTED = '{"event":"connected","protocol":"Call","version":"1.0.0"}'
"""The first frame; it has neither a sequence number nor a stream id."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The three ids in a stream's frames."""

    account_sid: str
    call_sid: str
    stream_sid: str


def start(identity: Identity, *, sequence: int, parameters: Mapping[str, str]) -> str:
    """Return the second frame: the description of the stream, with the `<Parameter>`s of its TwiML."""
    content = {
        "accountSid": identity.account_sid,
        "streamSid": identity.stream_sid,
        "callSid": identity.call_sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": dict(parameters),
    }
    return _frame("start", {"sequenceNumber": str(sequence), "start": content, "streamSid": identity.stream_sid})


def media(identity: Identity, *, sequence: int, chunk: int, timestamp_ms: int, audio: bytes) -> str:
    """Return 20 ms of the person's voice; `timestamp_ms` counts from the stream's beginning."""
    payload = base64.b64encode(audio).decode("ascii")
    return (
        f'{{"event":"media","sequenceNumber":"{sequence}","media":{{"track":"inbound","chunk":"{chunk}",'
        f'"timestamp":"{timestamp_ms}","payload":"{payload}"}},"streamSid":"{identity.stream_sid}"}}'
    )


def dtmf(identity: Identity, *, sequence: int, digit: str) -> str:
    """Return a key that the person pressed."""
    content = {"track": "inbound_track", "digit": digit}
    return _frame("dtmf", {"streamSid": identity.stream_sid, "sequenceNumber": str(sequence), "dtmf": content})


def mark(identity: Identity, *, sequence: int, name: str) -> str:
    """Return a mark that is sent back."""
    content = {"name": name}
    return _frame("mark", {"sequenceNumber": str(sequence), "streamSid": identity.stream_sid, "mark": content})


def stop(identity: Identity, *, sequence: int) -> str:
    """Return the last frame, which Twilio sends when it ends the stream."""
    content = {"accountSid": identity.account_sid, "callSid": identity.call_sid}
    return _frame("stop", {"sequenceNumber": str(sequence), "stop": content, "streamSid": identity.stream_sid})


def _frame(event: str, content: Mapping[str, object]) -> str:
    return json.dumps({"event": event, **content}, separators=(",", ":"))
