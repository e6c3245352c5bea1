"""The events that a client may send, each with the shape that the API documents; all others are refused."""

import base64
import binascii
import json
from typing import Final

from simulators.openai_realtime.events.session_shape import FUNCTION_TOOL, MODALITIES, OUTPUT_FORMAT, TOOL_CHOICE, VOICE
from simulators.openai_realtime.events.validators import (
    Check,
    Json,
    RefusedError,
    an_object,
    array,
    boolean,
    first_that_fits,
    integer,
    invalid,
    nullable,
    object_with,
    one_of,
    tagged,
    text,
)

LONGEST_APPEND_BYTES: Final = 15 * 1024 * 1024
_ID = text(longest=512)
_ITEM_ID = text(longest=32)


def _base64(value: object, path: str) -> None:
    if not isinstance(value, str):
        raise invalid(path, "base64-encoded audio")
    if len(value) * 3 // 4 > LONGEST_APPEND_BYTES:
        raise invalid(path, "at most 15 MiB of audio")
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise invalid(path, "base64-encoded audio") from None


_INPUT_TEXT = object_with(required={"type": one_of("input_text"), "text": text()})
_OUTPUT_TEXT = object_with(required={"type": one_of("output_text"), "text": text()})
_INPUT_AUDIO = object_with(required={"type": one_of("input_audio"), "audio": _base64}, optional={"transcript": text()})
_INPUT_IMAGE = object_with(required={"type": one_of("input_image"), "image_url": text()}, optional={"detail": text()})
_CONTENT_BY_ROLE: Final[dict[str, Check]] = {
    "system": array(tagged("type", {"input_text": _INPUT_TEXT})),
    "user": array(tagged("type", {"input_text": _INPUT_TEXT, "input_audio": _INPUT_AUDIO, "input_image": _INPUT_IMAGE})),
    "assistant": array(tagged("type", {"output_text": _OUTPUT_TEXT})),
}
_ITEM_BASICS: Final[dict[str, Check]] = {
    "id": _ITEM_ID,
    "object": one_of("realtime.item"),
    "status": one_of("completed", "incomplete", "in_progress"),
}
_ROLES: Final[dict[str, Check]] = {
    role: object_with(required={"type": one_of("message"), "role": one_of(role), "content": content}, optional=_ITEM_BASICS)
    for role, content in _CONTENT_BY_ROLE.items()
}
_ITEM: Final[Check] = tagged(
    "type",
    {
        "message": tagged("role", _ROLES),
        "function_call": object_with(
            required={"type": one_of("function_call"), "name": text(), "arguments": text()},
            optional={**_ITEM_BASICS, "call_id": _ID},
        ),
        "function_call_output": object_with(
            required={"type": one_of("function_call_output"), "call_id": _ID, "output": text()},
            optional=_ITEM_BASICS,
        ),
    },
)
_REFERENCE: Final[Check] = object_with(required={"type": one_of("item_reference"), "id": _ID})
_METADATA: Final[Check] = nullable(an_object)
_RESPONSE: Final[Check] = object_with(
    optional={
        "instructions": text(),
        "output_modalities": MODALITIES,
        "audio": object_with(optional={"output": object_with(optional={"format": OUTPUT_FORMAT, "voice": VOICE})}),
        "tools": array(FUNCTION_TOOL),
        "tool_choice": TOOL_CHOICE,
        "max_output_tokens": first_that_fits("an integer from 1 to 4096 or 'inf'", integer(1, 4096), one_of("inf")),
        "conversation": one_of("auto", "none"),
        "input": array(first_that_fits("a conversation item or an item_reference", _ITEM, _REFERENCE)),
        "metadata": _METADATA,
        "prompt": nullable(an_object),
        "reasoning": an_object,
        "parallel_tool_calls": boolean,
    }
)
_EVENTS: Final[dict[str, dict[str, Check]]] = {
    "session.update": {"session": an_object},
    "input_audio_buffer.append": {"audio": _base64},
    "input_audio_buffer.commit": {},
    "input_audio_buffer.clear": {},
    "conversation.item.create": {"item": _ITEM},
    "conversation.item.retrieve": {"item_id": _ID},
    "conversation.item.delete": {"item_id": _ID},
    "conversation.item.truncate": {
        "item_id": _ID,
        "content_index": integer(0),
        "audio_end_ms": integer(0),
    },
    "response.create": {},
    "response.cancel": {},
}
_OPTIONAL: Final[dict[str, dict[str, Check]]] = {
    "conversation.item.create": {"previous_item_id": nullable(_ID)},
    "response.create": {"response": _RESPONSE},
    "response.cancel": {"response_id": _ID},
}
_SHAPES: Final[dict[str, Check]] = {
    name: object_with(required={"type": one_of(name), **fields}, optional={"event_id": _ID, **_OPTIONAL.get(name, {})})
    for name, fields in _EVENTS.items()
}


def parse(frame: str | bytes) -> Json:
    """Return the frame's JSON object, which is not yet checked as an event.

    Raises:
        RefusedError: It is not a text frame with a JSON object.
    """
    if isinstance(frame, bytes):
        raise RefusedError("invalid_value", "Only text frames with JSON are understood.")
    try:
        event = json.loads(frame)
    except ValueError:
        raise RefusedError("invalid_value", "The event is not valid JSON.") from None
    if not isinstance(event, dict):
        raise RefusedError("invalid_value", "The event is not a JSON object.")
    return event


def check(event: Json) -> None:
    """Raise `RefusedError` unless the event is one of the documented ones, in its documented shape.

    The content of `session` in a `session.update` is checked by `configuration.updated`.
    """
    name = event.get("type")
    if name is None:
        raise RefusedError("missing_required_parameter", "Missing required parameter: 'type'.", "type")
    if not isinstance(name, str) or name not in _SHAPES:
        if name == "output_audio_buffer.clear":
            raise RefusedError("invalid_value", "output_audio_buffer.clear is for WebRTC and SIP sessions only.", "type")
        supported = ", ".join(f"'{known}'" for known in _SHAPES)
        raise RefusedError("invalid_value", f"Invalid value: '{name}'. Supported values are: {supported}.", "type")
    _SHAPES[name](event, "")
