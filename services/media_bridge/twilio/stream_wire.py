"""Twilio's media stream frames as typed values, and ours as bytes.

Source: Twilio docs, "Media Streams - WebSocket Messages". Unknown events and keys are normal and are ignored.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shared.core.conversation.events import CallerLegEnded, KeyPressed, MarkEchoed

SILENCE = b"\xff"  # µ-law
_KEYS = frozenset("0123456789*#")
_ENCODING = "audio/x-mulaw"
_SAMPLE_RATE = 8000
_TOKEN = "token"  # noqa: S105 - the name of the <Parameter>


class Media(msgspec.Struct, frozen=True, gc=False):
    """`media` of a media frame; `payload` is the JSON string with base64 of µ-law, 8 kHz, mono, usually 20 ms."""

    payload: msgspec.Raw


class _Format(msgspec.Struct, frozen=True, rename="camel"):
    encoding: str = _ENCODING
    sample_rate: int = _SAMPLE_RATE


class _Start(msgspec.Struct, frozen=True, rename="camel"):
    call_sid: str = ""
    stream_sid: str = ""
    media_format: _Format = _Format()
    custom_parameters: dict[str, str] = {}


class _Dtmf(msgspec.Struct, frozen=True):
    digit: str = ""


class Mark(msgspec.Struct, frozen=True, gc=False):
    """`mark` of a mark frame: the name that we gave it."""

    name: str = ""


class FrameHead(msgspec.Struct, frozen=True, gc=False):
    """What is read of every frame. JSON object: `event` str, and an object named like the event.

    Only what comes many times a second is here; the few other frames of a stream are decoded a second time for the rest.
    """

    event: str = ""
    media: Media | None = None
    mark: Mark | None = None


class _Frame(msgspec.Struct, frozen=True, rename="camel"):
    start: _Start | None = None
    dtmf: _Dtmf | None = None
    stream_sid: str = ""


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """The stream began: which call it carries, and the token of our `<Parameter>` (empty if there is none)."""

    call_sid: str
    stream_sid: str
    token: str
    is_mulaw: bool


CallerEvent = StreamStarted | KeyPressed | MarkEchoed | CallerLegEnded

read: Callable[[bytes], FrameHead] = msgspec.json.Decoder(FrameHead).decode
"""Returns the head of a frame, or raises one of `UNREADABLE`."""

_decode = msgspec.json.Decoder(_Frame).decode


def event_of(head: FrameHead, message: bytes) -> CallerEvent | None:
    """Return the event that a frame other than audio tells, or None if it is of no interest.

    Raises:
        UNREADABLE: It is not of the shape that its event promises.
    """
    if head.event == "mark":
        return MarkEchoed(head.mark.name) if head.mark is not None else None
    frame = _decode(message)
    match head.event:
        case "dtmf" if frame.dtmf is not None and frame.dtmf.digit in _KEYS:
            return KeyPressed(frame.dtmf.digit)
        case "start" if frame.start is not None:
            return _started(frame.start, frame.stream_sid)
        case "stop":
            return CallerLegEnded()
        case _:
            return None


def _started(start: _Start, stream_sid: str) -> StreamStarted:
    described = start.media_format
    return StreamStarted(
        call_sid=start.call_sid,
        stream_sid=start.stream_sid or stream_sid,
        token=start.custom_parameters.get(_TOKEN, ""),
        is_mulaw=described.encoding == _ENCODING and described.sample_rate == _SAMPLE_RATE,
    )


MEDIA_TAIL = b"}}"


def media_head(stream_sid: str) -> bytes:
    """Return how each media frame of ours begins; the quoted base64 payload, of any length, and `MEDIA_TAIL` follow."""
    return b'{"event":"media","streamSid":' + msgspec.json.encode(stream_sid) + b',"media":{"payload":'


def mark_frame(stream_sid: str, name: str) -> bytes:
    """Return a mark, which Twilio sends back when all audio before it has been played (or cleared)."""
    return msgspec.json.encode({"event": "mark", "streamSid": stream_sid, "mark": {"name": name}})


def clear_frame(stream_sid: str) -> bytes:
    """Return a clear: Twilio drops all audio that it has not played yet."""
    return msgspec.json.encode({"event": "clear", "streamSid": stream_sid})
