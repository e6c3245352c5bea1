"""The shapes of OpenAI's server events, as far as they are read. Source: openai-python `openai.types.realtime`.

Each part may be missing or null: the SDK declares many of them Optional, and says so of no two releases alike.
"""

from typing import Annotated

import msgspec

Tokens = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""A count of tokens that can be true; its price can be computed."""


class Format(msgspec.Struct, frozen=True):
    """An audio format, `audio/pcmu` and the like."""

    type: str | None = None


class Side(msgspec.Struct, frozen=True):
    """One direction of the audio."""

    format: Format | None = None


class Audio(msgspec.Struct, frozen=True):
    """`session.audio`."""

    input: Side | None = None
    output: Side | None = None


class Session(msgspec.Struct, frozen=True):
    """`session`; `expires_at` in Unix seconds."""

    expires_at: float | None = None
    audio: Audio | None = None


class Content(msgspec.Struct, frozen=True):
    """A part of a message; `transcript` if it was spoken."""

    transcript: str | None = None


class Item(msgspec.Struct, frozen=True):
    """An item of the conversation: a message, or a function call with `arguments` as JSON text."""

    id: str | None = None
    type: str | None = None
    role: str | None = None
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None
    content: list[Content | None] | None = None


class Cached(msgspec.Struct, frozen=True):
    """The part of the input that came from the cache."""

    text_tokens: Tokens | None = None
    audio_tokens: Tokens | None = None


class InputDetails(msgspec.Struct, frozen=True):
    """`usage.input_token_details`."""

    text_tokens: Tokens | None = None
    audio_tokens: Tokens | None = None
    cached_tokens_details: Cached | None = None


class OutputDetails(msgspec.Struct, frozen=True):
    """`usage.output_token_details`."""

    text_tokens: Tokens | None = None
    audio_tokens: Tokens | None = None


class Usage(msgspec.Struct, frozen=True):
    """`response.usage`."""

    input_token_details: InputDetails | None = None
    output_token_details: OutputDetails | None = None


class Error(msgspec.Struct, frozen=True):
    """`error`; `event_id` is that of the request which caused it."""

    type: str | None = None
    code: str | None = None
    event_id: str | None = None


class Details(msgspec.Struct, frozen=True):
    """`response.status_details`; `type` repeats the status."""

    type: str | None = None
    reason: str | None = None
    error: Error | None = None


class Response(msgspec.Struct, frozen=True):
    """`response`."""

    id: str | None = None
    status: str | None = None
    status_details: Details | None = None
    output: list[Item | None] | None = None
    usage: Usage | None = None


class EventFields(msgspec.Struct, frozen=True):
    """What is read of an event other than audio; every part is optional."""

    item_id: str | None = None
    transcript: str | None = None
    previous_item_id: str | None = None
    session: Session | None = None
    item: Item | None = None
    response: Response | None = None
    error: Error | None = None
