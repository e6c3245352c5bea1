"""OpenAI's Realtime server events (GA) as typed values.

Source: openai-python `openai.types.realtime`, docs "Realtime API - Server events". Unknown events and keys are normal.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from services.media_bridge.openai import shapes_wire as shape
from services.media_bridge.openai.pricing import Usage
from services.media_bridge.openai.requests_wire import RESPONSE
from shared.core.conversation.events import (
    ResponseDone,
    ResponseRefused,
    ResponseStarted,
    ResponseStatus,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
)

AUDIO_DELTA = "response.output_audio.delta"
WORDS_DELTA = "response.output_audio_transcript.delta"
_RESPONSE_IS_RUNNING = "conversation_already_has_active_response"


class Head(msgspec.Struct, frozen=True, gc=False):
    """What is read of every event: its type, and all that the audio lane needs.

    JSON object: `type` str; in deltas `response_id` and `item_id` str, and `delta`: base64 of µ-law, or words.
    """

    type: str = ""
    delta: msgspec.Raw = msgspec.Raw(b"null")
    response_id: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class SessionTold:
    """The session as it stands (`is_update`: after our update); formats are `audio/pcmu` and the like."""

    is_update: bool
    expires_at: float | None
    input_format: str
    output_format: str


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """A message took its place in the conversation, behind `previous_item_id`."""

    item_id: str
    is_agent: bool
    previous_item_id: str | None


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """All the words of one item of the agent's; they may not all have been heard."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CustomerSaid:
    """What the transcriber made of one turn of the customer's."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ResponseFinished:
    """A response ended: the event for the machine, what it cost, and the words of its items."""

    event: ResponseDone
    usage: Usage
    said: tuple[AgentSaid, ...]


@dataclass(frozen=True, slots=True)
class ErrorTold:
    """Something went wrong; `request_id` is the `event_id` of the request of ours that caused it, if one did."""

    code: str
    request_id: str | None


Told = (
    SessionTold
    | ItemAdded
    | AgentSaid
    | CustomerSaid
    | ResponseFinished
    | ErrorTold
    | SpeechStarted
    | SpeechStopped
    | ResponseStarted
    | ResponseRefused
)


@dataclass(frozen=True, slots=True)
class Malformed:
    """The message is no event, or not of the shape its type promises."""


_STATUSES = {
    "completed": ResponseStatus.COMPLETED,
    "cancelled": ResponseStatus.CANCELLED,
    "incomplete": ResponseStatus.INCOMPLETE,
}

UnreadableError = msgspec.DecodeError

read: Callable[[bytes], Head] = msgspec.json.Decoder(Head).decode
"""Returns the head of an event, or raises `UnreadableError`."""

_decode_event = msgspec.json.Decoder(shape.Event).decode

_SKIPPED_PREFIXES = ("rate_limits.", "response.content_part.", "response.function_call_arguments.", "mcp_")


def words(head: Head) -> str:
    """Return the words of a delta, with the space that may lead them."""
    try:
        return msgspec.json.decode(head.delta, type=str)
    except msgspec.DecodeError:
        return ""


def told(head: Head, message: bytes) -> Told | Malformed | None:
    """Return what an event other than audio tells, or None where it is of no interest."""
    kind = head.type
    if kind.endswith(".delta") or kind.startswith(_SKIPPED_PREFIXES):
        return None
    try:
        event = _decode_event(message)
    except msgspec.DecodeError:
        return Malformed()
    match kind:
        case "session.created" | "session.updated":
            return _session_told(event.session or shape.Session(), is_update=kind == "session.updated")
        case "input_audio_buffer.speech_started":
            return SpeechStarted()
        case "input_audio_buffer.speech_stopped":
            return SpeechStopped()
        case "conversation.item.added":
            return _item_added(event)
        case "conversation.item.input_audio_transcription.completed":
            return CustomerSaid(event.item_id, event.transcript.strip())
        case "response.output_audio_transcript.done":
            return AgentSaid(event.item_id, event.transcript.strip())
        case "response.created":
            return ResponseStarted(event.response.id) if event.response else Malformed()
        case "response.done":
            return _response_finished(event.response) if event.response else Malformed()
        case "error":
            return _error_told(event.error or shape.Error())
        case _:
            return None


def _session_told(session: shape.Session, *, is_update: bool) -> SessionTold:
    audio = session.audio or shape.Audio()
    return SessionTold(is_update, session.expires_at, _format(audio.input), _format(audio.output))


def _format(side: shape.Side | None) -> str:
    return side.format.type if side is not None and side.format is not None else ""


def _item_added(event: shape.Event) -> ItemAdded | None:
    item = event.item
    if item is None or item.type != "message" or item.role not in {"user", "assistant"}:
        return None
    return ItemAdded(item.id, item.role == "assistant", event.previous_item_id)


def _response_finished(response: shape.Response) -> ResponseFinished:
    """Take tool calls only from a response that completed: a cancelled one may hold half of its arguments."""
    status = _STATUSES.get(response.status, ResponseStatus.FAILED)
    items = response.output or []
    calls = tuple(
        ToolCall(item.call_id, item.name, item.arguments)
        for item in items
        if status is ResponseStatus.COMPLETED and item.type == "function_call" and item.status in {"completed", None}
    )
    said = tuple(AgentSaid(item.id, text) for item in items if item.type == "message" and (text := _transcript(item)))
    event = ResponseDone(response.id, status, calls, _reason(response.status_details))
    return ResponseFinished(event, _usage(response.usage or shape.Usage()), said)


def _transcript(item: shape.Item) -> str:
    return " ".join(part.transcript.strip() for part in item.content or [] if part.transcript)


def _reason(details: shape.Details | None) -> str | None:
    """Return a short code, never the vendor's sentence."""
    if details is None:
        return None
    return (details.error.code or details.error.type) if details.error is not None else details.reason


def _usage(usage: shape.Usage) -> Usage:
    """Count cached tokens apart: OpenAI lists them within the input."""
    taken, given = usage.input_token_details or shape.InputDetails(), usage.output_token_details or shape.OutputDetails()
    cached = taken.cached_tokens_details or shape.Cached()
    return Usage(
        text_in=max(0, (taken.text_tokens or 0) - cached.text_tokens),
        audio_in=max(0, (taken.audio_tokens or 0) - cached.audio_tokens),
        text_cached=cached.text_tokens,
        audio_cached=cached.audio_tokens,
        text_out=given.text_tokens or 0,
        audio_out=given.audio_tokens or 0,
    )


def _error_told(error: shape.Error) -> ErrorTold | ResponseRefused:
    """Tell a refusal of ours from one of the server's own: its answer to a turn, too, finds ours running."""
    if error.code == _RESPONSE_IS_RUNNING and error.event_id == RESPONSE:
        return ResponseRefused()
    return ErrorTold(error.code or error.type or "unknown", error.event_id)
