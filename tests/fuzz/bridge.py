"""The media bridge's parsers: request heads, Twilio's messages, OpenAI's events, the model's tool arguments."""

import asyncio
from datetime import UTC
from zoneinfo import ZoneInfo

from services.media_bridge.openai.events_wire import EventHead, ResponseFinished, ServerEvent, transcript_delta
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.pricing import PRICES, TokenUsage
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.openai.session_handshake import SessionHandshake
from services.media_bridge.process.request_head import HEAD_END, MOST_HEAD_BYTES, head_fault, oversize_fault, refusal_bytes
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.stream_wire import CallerEvent
from shared.core.conversation.tools import InvalidArguments, OutcomeReport, parse_language, parse_outcome
from shared.twilio.stream_token import read as read_token
from tests.fuzz.target import Target
from tests.support.bridge.fakes import FakeSocket

_PRISHTINA = ZoneInfo("Europe/Belgrade")
_SECRETS = ("s" * 32,)
_loop = asyncio.new_event_loop()


class _Hearer:
    """Takes what both legs bring, as a call does."""

    def __init__(self) -> None:
        self.usage = TokenUsage()

    def on_audio(self, payload: bytes) -> None:
        assert payload.isascii(), "audio that is no text ends the other side's connection"
        assert payload[:1] == payload[-1:] == b'"'

    def on_model_audio(self, response_id: str, item_id: str, payload: bytes, /) -> None:
        (response_id + item_id).encode()
        self.on_audio(payload)

    def on_caller_event(self, event: CallerEvent) -> None:
        repr(event).encode()  # half of a surrogate pair could be neither stored nor sent
        read_token(_SECRETS, getattr(event, "token", ""))

    def on_transcript_delta(self, head: EventHead) -> None:
        transcript_delta(head).encode()

    def on_server_event(self, leg: ModelLeg, event: ServerEvent) -> None:
        repr(event).encode()
        if isinstance(event, ResponseFinished):
            self.usage += event.usage
            PRICES["gpt-realtime-2.1"].cost(self.usage)

    def on_model_closed(self, leg: ModelLeg) -> None:
        """Take no notice."""


def _twilio_frames(data: bytes) -> None:
    hearer = _Hearer()
    leg = CallerLeg(FakeSocket(), hearer)
    leg.route_audio(hearer.on_audio)
    leg.on_message(data)


def _openai_events(data: bytes) -> None:
    hearer = _Hearer()
    leg = ModelLeg(FakeSocket())
    leg.on_message(data)
    leg.attach(hearer, on_audio=hearer.on_model_audio)
    leg.on_message(data)
    leg.on_message(data)


def _openai_handshakes(data: bytes) -> None:
    """Read one event a line, while the session is being agreed on."""

    async def agree() -> None:
        handshake = SessionHandshake(FakeSocket(), audio=AudioSettings("marin"))
        for line in data.split(b"\n"):
            handshake.on_message(line)
        handshake.on_closed()

    _loop.run_until_complete(agree())


def _tool_arguments(data: bytes) -> None:
    arguments = data.decode("utf-8", "replace")  # as they come out of an event, which must be UTF-8
    for zone in (UTC, _PRISHTINA):
        report = parse_outcome(arguments, zone)
        assert isinstance(report, OutcomeReport | InvalidArguments)
        if isinstance(report, OutcomeReport):
            (report.spoken_language or "").encode()
            repr(report).encode()
    repr(parse_language(arguments)).encode()


def _request_heads(data: bytes) -> None:
    """Read a head as the guard before picows does: a fault has an answer, which is a whole response."""
    head, _, _ = data.partition(HEAD_END)
    fault = head_fault(head) if len(head) <= MOST_HEAD_BYTES else oversize_fault(data)
    if fault is not None:
        assert refusal_bytes(fault).startswith(b"HTTP/1.1 4")


TARGETS: tuple[Target, ...] = (
    Target(
        "twilio_frames",
        _twilio_frames,
        (
            (b"", b""),
            (b'{"event":"media","media":{"payload":"', b'"}}'),
            (b'{"event":"start","start":{"customParameters":{"token":"', b'"}}}'),
            (b'{"event":"mark","mark":{"name":"', b'"},"x":[1]}'),
        ),
    ),
    Target(
        "openai_events",
        _openai_events,
        (
            (b"", b""),
            (b'{"type":"response.output_audio.delta","delta":"', b'"}'),
            (b'{"type":"conversation.item.input_audio_transcription.completed","transcript":"', b'"}'),
            (b'{"type":"response.done","response":{"output":[', b"]}}"),
        ),
    ),
    Target("openai_handshakes", _openai_handshakes),
    Target("tool_arguments", _tool_arguments, ((b"", b""), (b'{"outcome":"confirmed","quote":"', b'"}'))),
    Target("request_heads", _request_heads, ((b"", b""), (b"GET /media-stream HTTP/1.1\r\n", HEAD_END))),
)
