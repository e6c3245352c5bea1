"""OpenAI's Realtime server events (GA) as typed values.

Source: openai-python `openai.types.realtime`, docs "Realtime API - Server events". Unknown events and keys are normal.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from services.media_bridge.json_wire import UNREADABLE
from services.media_bridge.openai import event_structs_wire as structs
from services.media_bridge.openai.pricing import TokenUsage
from services.media_bridge.openai.requests_wire import MULAW, RESPONSE
from services.media_bridge.openai.tolerant_decoding_wire import Note, UnreadableError, json_object, struct_of, text_of
from shared.core.conversation.events import (
    ItemBegan,
    ResponseDone,
    ResponseRefused,
    ResponseStarted,
    ResponseStatus,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    ToolCallFinished,
)
from shared.core.text import clean

AUDIO_DELTA = "response.output_audio.delta"
TRANSCRIPT_DELTA = "response.output_audio_transcript.delta"
FORMATS_REFUSED = "formats_refused"
"""The reason of a session that is lost because its audio is of another format than Twilio's."""
_RESPONSE_IS_RUNNING = "conversation_already_has_active_response"


class EventHead(msgspec.Struct, frozen=True, gc=False):
    """What is read of every event: its type, and all that the audio lane needs.

    JSON object: `type` str; in deltas `response_id` and `item_id` str, and `delta`: base64 of µ-law, or words.
    """

    type: str = ""
    delta: msgspec.Raw = msgspec.Raw(b"null")
    response_id: str | None = None
    item_id: str | None = None


@dataclass(frozen=True, slots=True)
class SessionDescribed:
    """The session's state, at first or after an update of ours (`is_update`); formats are `audio/pcmu` and the like."""

    is_update: bool
    expires_at: float | None
    input_format: str
    output_format: str

    @property
    def is_mulaw(self) -> bool:
        """Whether both sides are in Twilio's format, which is the only one that can be passed on as it is."""
        return self.input_format == self.output_format == MULAW


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """A message was added to the conversation, behind `previous_item_id`."""

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
    """The transcription of one turn of the customer's."""

    item_id: str
    text: str


@dataclass(frozen=True, slots=True)
class ResponseFinished:
    """A response ended: the event for the machine, what it cost, and the words of its items."""

    event: ResponseDone
    usage: TokenUsage
    said: tuple[AgentSaid, ...]


@dataclass(frozen=True, slots=True)
class ErrorReported:
    """Something went wrong; `request_id` is the `event_id` of the request of ours that caused it, if one did."""

    code: str
    request_id: str | None


ServerEvent = (
    SessionDescribed
    | ItemAdded
    | AgentSaid
    | CustomerSaid
    | ResponseFinished
    | ErrorReported
    | SpeechStarted
    | SpeechStopped
    | ResponseStarted
    | ToolCallFinished
    | ItemBegan
    | ResponseRefused
)


_STATUSES = {
    "completed": ResponseStatus.COMPLETED,
    "cancelled": ResponseStatus.CANCELLED,
    "incomplete": ResponseStatus.INCOMPLETE,
    "": ResponseStatus.COMPLETED,
}
_IS_COMPLETE = {"completed", None}
_CUT_OFF = {ResponseStatus.CANCELLED, ResponseStatus.INCOMPLETE}

_decode_head = msgspec.json.Decoder(EventHead).decode
_decode_event = msgspec.json.Decoder(structs.EventFields).decode

_TOLD_BY_TYPE: Mapping[str, ServerEvent] = {
    "input_audio_buffer.speech_started": SpeechStarted(),
    "input_audio_buffer.speech_stopped": SpeechStopped(),
    "response.output_item.added": ItemBegan(),
}
"""The events whose type is all that matters."""
_SKIPPED_PREFIXES = ("rate_limits.", "response.content_part.", "response.function_call_arguments.", "mcp_")


def read(message: bytes) -> EventHead:
    """Return the head of an event.

    Raises:
        UnreadableError: The message is no JSON object.
    """
    try:
        return _decode_head(message)
    except UNREADABLE:
        parts = json_object(message)
        delta = msgspec.Raw(msgspec.json.encode(text_of(parts.get("delta"))))
        return EventHead(text_of(parts.get("type")) or "", delta, text_of(parts.get("response_id")), text_of(parts.get("item_id")))


def transcript_delta(head: EventHead) -> str:
    """Return the words of a delta, with the space that may lead them."""
    try:
        return msgspec.json.decode(head.delta, type=str)
    except UNREADABLE:
        return ""


def event_of(head: EventHead, message: bytes, note_unreadable: Note) -> ServerEvent | None:
    """Return what an event other than audio tells, or None if it is of no interest. One bad part never sinks the others."""
    kind = head.type
    if kind.endswith(".delta") or kind.startswith(_SKIPPED_PREFIXES):
        return None
    told = _TOLD_BY_TYPE.get(kind)
    if told is not None:
        return told
    event = _fields(message, note_unreadable)
    match kind:
        case "session.created" | "session.updated":
            return _session_described(event.session or structs.Session(), is_update=kind == "session.updated")
        case "conversation.item.added":
            return _item_added(event)
        case "conversation.item.input_audio_transcription.completed":
            return CustomerSaid(event.item_id or "", clean(event.transcript or "").strip())
        case "response.output_audio_transcript.done":
            return AgentSaid(event.item_id or "", clean(event.transcript or "").strip())
        case "response.output_item.done":
            return _call_finished(event.item, head.response_id or "")
        case "response.created":
            return ResponseStarted((event.response or structs.Response()).id or "")
        case "response.done":
            return _response_finished(event.response or structs.Response())
        case "error":
            return _error_reported(event.error or structs.Error())
        case _:
            return None


def _fields(message: bytes, note_unreadable: Note) -> structs.EventFields:
    try:
        return _decode_event(message)
    except UNREADABLE:
        pass
    try:
        return struct_of(json_object(message), structs.EventFields, note_unreadable)
    except UnreadableError:
        note_unreadable()
        return structs.EventFields()


def _session_described(session: structs.Session, *, is_update: bool) -> SessionDescribed:
    audio = session.audio or structs.Audio()
    return SessionDescribed(is_update, session.expires_at, _format(audio.input), _format(audio.output))


def _format(side: structs.Side | None) -> str:
    return (side.format.type or "") if side is not None and side.format is not None else ""


def _item_added(event: structs.EventFields) -> ItemAdded | None:
    item = event.item
    if item is None or not item.id or item.type != "message" or item.role not in {"user", "assistant"}:
        return None
    return ItemAdded(item.id, item.role == "assistant", event.previous_item_id)


def _call_finished(item: structs.Item | None, response_id: str) -> ToolCallFinished | None:
    """Read a call that is complete: the end of its response need not repeat it, or come at all."""
    if item is None or item.type != "function_call" or item.status not in _IS_COMPLETE:
        return None
    return ToolCallFinished(response_id, _tool_call(item))


def _response_finished(response: structs.Response) -> ResponseFinished:
    """Read the end of a response. The calls of one that was not completed are void, even those that are complete themselves."""
    status = _status(response)
    items = [item for item in response.output or [] if item is not None]
    calls = [item for item in items if item.type == "function_call"]
    event = ResponseDone(
        response.id or "",
        status,
        tuple(_tool_call(one) for one in calls if status is ResponseStatus.COMPLETED and one.status in _IS_COMPLETE),
        _reason(response.status_details),
        tuple(_tool_call(one) for one in calls if status in _CUT_OFF and one.status == "completed" and one.call_id),
    )
    said = tuple(AgentSaid(one.id or "", text) for one in items if one.type == "message" and (text := _transcript(one)))
    return ResponseFinished(event, _usage(response.usage or structs.Usage()), said)


def _status(response: structs.Response) -> ResponseStatus:
    """Return how the response ended; the details repeat it, and one that ended without either is complete."""
    details = response.status_details
    return _STATUSES.get(response.status or (details.type if details is not None else None) or "", ResponseStatus.FAILED)


def _tool_call(item: structs.Item) -> ToolCall:
    return ToolCall(item.call_id or "", item.name or "", item.arguments or "")


def _transcript(item: structs.Item) -> str:
    return " ".join(clean(part.transcript).strip() for part in item.content or [] if part is not None and part.transcript)


def _reason(details: structs.Details | None) -> str | None:
    """Return a short code; the vendor's message may hold personal data."""
    if details is None:
        return None
    return (details.error.code or details.error.type) if details.error is not None else details.reason


def _usage(usage: structs.Usage) -> TokenUsage:
    """Count cached tokens apart: OpenAI lists them within the input."""
    taken, given = usage.input_token_details or structs.InputDetails(), usage.output_token_details or structs.OutputDetails()
    cached = taken.cached_tokens_details or structs.Cached()
    text_cached, audio_cached = cached.text_tokens or 0, cached.audio_tokens or 0
    return TokenUsage(
        text_in=max(0, (taken.text_tokens or 0) - text_cached),
        audio_in=max(0, (taken.audio_tokens or 0) - audio_cached),
        text_cached=text_cached,
        audio_cached=audio_cached,
        text_out=given.text_tokens or 0,
        audio_out=given.audio_tokens or 0,
    )


def _error_reported(error: structs.Error) -> ErrorReported | ResponseRefused:
    """Take an error for a refused response only if it answers a request of ours: the server refuses its own ones alike."""
    if error.code == _RESPONSE_IS_RUNNING and error.event_id == RESPONSE:
        return ResponseRefused()
    return ErrorReported(error.code or error.type or "unknown", error.event_id)
