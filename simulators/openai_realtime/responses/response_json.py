"""The settings of a response, and the response object that events show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.hearing.audio import AudioFormat
from simulators.openai_realtime.session_context.conversation import Item

AUDIO_TOKEN_MS = 50
"""This many milliseconds of the model's audio count as one token."""


@dataclass(frozen=True, slots=True)
class ResponseSettings:
    """The settings of a response: the session's configuration with the overrides of `response.create`."""

    trigger: str
    language: str
    modality: Literal["audio", "text"]
    audio_format: AudioFormat
    format_json: Json
    voice: Json | str
    max_output_tokens: int | str
    in_conversation: bool = True
    metadata: Json | None = None
    input_tokens: int = 0
    number: int = field(default=0, kw_only=True)


def response_json(
    response_id: str, settings: ResponseSettings, items: Sequence[Item], *, status: str, conversation_id: str
) -> Json:
    """Return the response object as `response.created` and `response.done` show it."""
    return {
        "object": "realtime.response",
        "id": response_id,
        "status": status,
        "status_details": None,
        "output": [item.to_json() for item in items],
        "conversation_id": conversation_id if settings.in_conversation else None,
        "output_modalities": [settings.modality],
        "max_output_tokens": settings.max_output_tokens,
        "audio": {"output": {"format": settings.format_json, "voice": settings.voice}},
        "usage": None,
        "metadata": settings.metadata,
    }


def usage_json(settings: ResponseSettings, items: Sequence[Item]) -> Json:
    """Return the tokens that a response used, about as OpenAI counts them; half of the input counts as cached."""
    audio = sum(item.audio_ms for item in items) // AUDIO_TOKEN_MS
    text = sum(len(item.text) + len(item.arguments) for item in items) // 4
    given = settings.input_tokens
    cached = given // 2
    return {
        "total_tokens": given + text + audio,
        "input_tokens": given,
        "output_tokens": text + audio,
        "input_token_details": {
            "text_tokens": given,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": cached,
            "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
        },
        "output_token_details": {"text_tokens": text, "audio_tokens": audio},
    }
