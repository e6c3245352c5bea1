"""Null or missing values wherever the vendor's types declare a field of an event as optional.

Source: openai-python, `openai.types.realtime`; a contract test compares this list with those types.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from simulators.openai_realtime.events.validators import Json

Paths = Mapping[str, Sequence[str]]

DETAILS: Final[Paths] = {
    "response.created": (
        "response.object",
        "response.conversation_id",
        "response.output",
        "response.output_modalities",
        "response.max_output_tokens",
        "response.audio",
        "response.audio.output",
        "response.audio.output.format",
        "response.audio.output.voice",
        "response.status_details",
        "response.usage",
    ),
    "response.done": (
        "response.object",
        "response.conversation_id",
        "response.output_modalities",
        "response.max_output_tokens",
        "response.audio",
        "response.usage",
        "response.usage.total_tokens",
        "response.usage.input_tokens",
        "response.usage.output_tokens",
        "response.usage.input_token_details",
        "response.usage.input_token_details.text_tokens",
        "response.usage.input_token_details.audio_tokens",
        "response.usage.input_token_details.image_tokens",
        "response.usage.input_token_details.cached_tokens",
        "response.usage.input_token_details.cached_tokens_details",
        "response.usage.input_token_details.cached_tokens_details.text_tokens",
        "response.usage.input_token_details.cached_tokens_details.audio_tokens",
        "response.usage.input_token_details.cached_tokens_details.image_tokens",
        "response.usage.output_token_details",
        "response.usage.output_token_details.text_tokens",
        "response.usage.output_token_details.audio_tokens",
        "response.status_details.type",
        "response.status_details.error.type",
        "response.status_details.error.message",
        "response.output.object",
        "response.output.content.transcript",
    ),
    "response.output_item.added": ("item.object",),
    "response.output_item.done": ("item.object", "item.content.transcript"),
    "conversation.item.added": ("item.object", "previous_item_id", "item.content.transcript"),
    "conversation.item.done": ("item.object", "previous_item_id", "item.content.transcript"),
    "response.content_part.added": ("part.transcript",),
    "response.content_part.done": ("part.transcript",),
    "input_audio_buffer.committed": ("previous_item_id",),
    "conversation.item.input_audio_transcription.delta": ("content_index", "delta", "logprobs"),
    "rate_limits.updated": ("rate_limits.name", "rate_limits.limit", "rate_limits.remaining", "rate_limits.reset_seconds"),
    "error": ("error.param",),
}
"""By event, the fields whose absence costs a client some knowledge, but no step of the conversation."""

IDS: Final[Paths] = {
    "response.created": ("response.id", "response.status"),
    "response.done": (
        "response.id",
        "response.status",
        "response.output.id",
        "response.output.status",
        "response.output.call_id",
        "response.status_details",
    ),
    "response.output_item.added": ("item.id", "item.status", "item.call_id"),
    "response.output_item.done": ("item.id", "item.status", "item.call_id"),
    "conversation.item.added": ("item.id", "item.status", "item.call_id"),
    "conversation.item.done": ("item.id", "item.status", "item.call_id"),
    "error": ("error.code",),
}
"""By event, the ids and states that a client would use, and must do without."""


def with_nulls(event: Json, paths: Paths, chance: random.Random) -> Json:
    """Return the event with one of the fields at `paths` null or missing; it is unchanged if it has none of them."""
    there = [path for path in paths.get(event["type"], ()) if any(True for _ in _holders(event, path))]
    if not there:
        return event
    changed = _copied(event)
    path = chance.choice(there)
    is_missing = chance.random() < 0.5
    for holder, name in _holders(changed, path):
        if is_missing:
            del holder[name]
        else:
            holder[name] = None
    return changed


def _holders(event: Json, path: str) -> Iterator[tuple[Json, str]]:
    """Yield each object that has the field at the path's end, with that field's name; lists are entered."""
    *parents, name = path.split(".")
    level: list[Json] = [event]
    for parent in parents:
        inner = [holder.get(parent) for holder in level]
        flat = [one for found in inner for one in (found if isinstance(found, list) else [found])]
        level = [one for one in flat if isinstance(one, dict)]
    yield from ((holder, name) for holder in level if name in holder)


def _copied(event: Json) -> Json:
    """Return a copy whose objects and lists are its own."""
    return {key: _copied_value(value) for key, value in event.items()}


def _copied_value(value: object) -> object:
    if isinstance(value, dict):
        return _copied(value)
    return [_copied_value(one) for one in value] if isinstance(value, list) else value
