"""Our requests to OpenAI's Realtime API (GA), as JSON text.

Source: openai-python `openai.types.realtime`, docs "Realtime API - Client events".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

MULAW = "audio/pcmu"

FIRST_UPDATE = "session-1"
FULL_UPDATE = "session-2"
TRANSCRIPTION_UPDATE = "session-3"
INSTRUCTIONS_UPDATE = "session-4"
RESPONSE = "response"

_Json = Mapping[str, Any]  # Any: the vendor's JSON

_FORMAT: _Json = {"type": MULAW}
_PREFIX_PADDING_MS = 300
APPEND_HEAD = b'{"type":"input_audio_buffer.append","audio":'
APPEND_TAIL = b"}"
"""An append is its head, the quoted base64 payload of any length, and its tail."""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """How the agent sounds, and from what on a sound of the customer's is speech; `noise_reduction` is None to have none.

    Source: OpenAI docs, "Voice activity detection": `threshold` 0 to 1, `silence_duration_ms`.
    """

    voice: str
    noise_reduction: str | None = None
    vad_threshold: float = 0.5
    vad_silence_ms: int = 500


@dataclass(frozen=True, slots=True)
class Transcription:
    """How the customer's words are transcribed; `language` is None if OpenAI refuses the language."""

    model: str
    prompt: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Instructions:
    """The instructions and the tools of a session."""

    text: str
    tools: Sequence[_Json]


def first_update(audio: AudioSettings) -> bytes:
    """Ask for µ-law both ways, turn detection on the server, and the voice: all settings that do not depend on the call."""
    return _session_update(FIRST_UPDATE, {"output_modalities": ["audio"], "audio": _audio(audio)})


def full_update(audio: AudioSettings, instructions: Instructions) -> bytes:
    """Set the call's instructions and tools, and the audio once more."""
    return _session_update(
        FULL_UPDATE,
        {
            "output_modalities": ["audio"],
            "audio": _audio(audio),
            "instructions": instructions.text,
            "tools": list(instructions.tools),
            "tool_choice": "auto",
        },
    )


def instructions_update(instructions: Instructions) -> bytes:
    """Replace the call's instructions; the formats stand beside them, as in every update."""
    return _session_update(INSTRUCTIONS_UPDATE, {"instructions": instructions.text})


def reveal_update(instructions: Instructions) -> bytes:
    """Replace the call's instructions and its tools."""
    return _session_update(INSTRUCTIONS_UPDATE, {"instructions": instructions.text, "tools": list(instructions.tools)})


def transcription_update(transcription: Transcription) -> bytes:
    """Switch transcription on. This is an update of its own: OpenAI may refuse the language, and the whole update with it."""
    wanted = {"model": transcription.model, "prompt": transcription.prompt}
    if transcription.language is not None:
        wanted["language"] = transcription.language
    return _session_update(TRANSCRIPTION_UPDATE, {"audio": {"input": {"transcription": wanted}}})


def say(instructions: str) -> bytes:
    """Ask for one response that follows `instructions` alone and calls no tool."""
    return _json(
        {"type": "response.create", "event_id": RESPONSE, "response": {"instructions": instructions, "tool_choice": "none"}}
    )


def respond() -> bytes:
    """Ask for one response by the session's own instructions."""
    return _json({"type": "response.create", "event_id": RESPONSE})


def probe() -> bytes:
    """Ask for one word in text, outside the conversation: whether the account may have responses at all."""
    wanted = {
        "conversation": "none",
        "output_modalities": ["text"],
        "input": [],
        "instructions": "Answer with the word: ok",
        "max_output_tokens": 16,
        "tool_choice": "none",
    }
    return _json({"type": "response.create", "event_id": RESPONSE, "response": wanted})


def cancel(response_id: str) -> bytes:
    """Stop a running response."""
    return _json({"type": "response.cancel", "response_id": response_id})


def truncate(item_id: str, heard_ms: int) -> bytes:
    """Cut an item of the agent's at the milliseconds that were heard."""
    return _json({"type": "conversation.item.truncate", "item_id": item_id, "content_index": 0, "audio_end_ms": heard_ms})


def tool_output(call_id: str, output: str) -> bytes:
    """Return a tool's result, JSON text."""
    return _item({"type": "function_call_output", "call_id": call_id, "output": output})


def remark(text: str) -> bytes:
    """Add a message of the system to the conversation."""
    return _item({"type": "message", "role": "system", "content": [{"type": "input_text", "text": text}]})


def _session_update(event_id: str, session: _Json) -> bytes:
    """Ask for these settings. The formats are in every update: reports contradict each other on whether one without keeps them."""
    sides = session.get("audio", {})
    audio = {side: {"format": _FORMAT, **sides.get(side, {})} for side in ("input", "output")}
    return _json({"type": "session.update", "event_id": event_id, "session": {"type": "realtime", **session, "audio": audio}})


def _audio(audio: AudioSettings) -> _Json:
    reduction = None if audio.noise_reduction is None else {"type": audio.noise_reduction}
    return {
        "input": {"noise_reduction": reduction, "turn_detection": _turn_detection(audio)},
        "output": {"voice": audio.voice},
    }


def _turn_detection(audio: AudioSettings) -> _Json:
    """Return all of it: how far an update merges within it is not documented."""
    return {
        "type": "server_vad",
        "threshold": audio.vad_threshold,
        "prefix_padding_ms": _PREFIX_PADDING_MS,
        "silence_duration_ms": audio.vad_silence_ms,
        "create_response": True,
        "interrupt_response": True,
    }


def _item(item: _Json) -> bytes:
    return _json({"type": "conversation.item.create", "item": item})


def _json(event: _Json) -> bytes:
    return msgspec.json.encode(event)
