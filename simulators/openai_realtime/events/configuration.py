"""A session's configuration: its defaults, and how a `session.update` merges into it or is refused whole."""

import copy
from typing import Final

from simulators.openai_realtime.events.validators import (
    Check,
    Json,
    RefusedError,
    an_object,
    array,
    boolean,
    first_that_fits,
    integer,
    nullable,
    number,
    one_of,
    shape,
    tagged,
    text,
)

_LANGUAGE_CODES = (
    "af ar az be bg bs ca cs cy da de el en es et fa fi fr gl he hi hr hu hy id is it ja kk kn ko lt lv mi mk mr ms "
    "ne nl no pl pt ro ru sk sl sr sv sw ta th tl tr uk ur vi zh"
)
TRANSCRIBED_LANGUAGES: Final = frozenset(_LANGUAGE_CODES.split())
"""The codes the API takes as `transcription.language`; Albanian (sq) is not among them."""

_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
_TRANSCRIBERS = (
    "whisper-1",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
    "gpt-4o-transcribe-diarize",
    "gpt-transcribe",
    "gpt-live-transcribe",
    "gpt-realtime-whisper",
)
_WITHOUT_TURN_DETECTION = frozenset({"gpt-live-transcribe", "gpt-realtime-whisper"})
_WITH_LANGUAGES_AND_KEYWORDS = frozenset({"gpt-transcribe", "gpt-live-transcribe"})

_PCM: Final[Json] = {"type": "audio/pcm", "rate": 24000}
_SERVER_VAD: Final[Json] = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
_SEMANTIC_VAD: Final[Json] = {
    "type": "semantic_vad",
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}


def _language(value: object, path: str) -> None:
    if value not in TRANSCRIBED_LANGUAGES:
        supported = ", ".join(f"'{code}'" for code in sorted(TRANSCRIBED_LANGUAGES))
        message = f"Invalid value: '{value}'. Supported values are: {supported}."
        raise RefusedError("invalid_value", message, path)


def _modalities(value: object, path: str) -> None:
    array(one_of("audio", "text"))(value, path)
    if value not in (["audio"], ["text"]):
        message = f"Invalid modalities: {value}. Supported combinations are: ['text'] and ['audio']."
        raise RefusedError("invalid_value", message, path)


MODALITIES: Final[Check] = _modalities
VOICE: Final[Check] = first_that_fits(
    f"one of {', '.join(_VOICES)}, or a custom voice", one_of(*_VOICES), shape(required={"id": text()})
)
OUTPUT_FORMAT: Final[Check] = tagged(
    "type",
    {
        "audio/pcm": shape(required={"type": one_of("audio/pcm")}, optional={"rate": one_of(24000)}),
        "audio/pcmu": shape(required={"type": one_of("audio/pcmu")}),
        "audio/pcma": shape(required={"type": one_of("audio/pcma")}),
    },
)
FUNCTION_TOOL: Final[Check] = tagged(
    "type",
    {
        "function": shape(
            required={"type": one_of("function"), "name": text(longest=64)},
            optional={"description": text(), "parameters": an_object},
        ),
        "mcp": an_object,
    },
)
TOOL_CHOICE: Final[Check] = first_that_fits(
    "'auto', 'none', 'required' or the choice of a tool",
    one_of("auto", "none", "required"),
    shape(required={"type": one_of("function"), "name": text()}),
    shape(required={"type": one_of("mcp"), "server_label": text()}, optional={"name": nullable(text())}),
)
_VAD_FLAGS: Final[dict[str, Check]] = {"create_response": boolean, "interrupt_response": boolean}
_TURN_DETECTION: Final[Check] = tagged(
    "type",
    {
        "server_vad": shape(
            required={"type": one_of("server_vad")},
            optional={
                **_VAD_FLAGS,
                "threshold": number(0, 1),
                "prefix_padding_ms": integer(0, 5000),
                "silence_duration_ms": integer(0, 10000),
                "idle_timeout_ms": nullable(integer(5000, 30000)),
            },
        ),
        "semantic_vad": shape(
            required={"type": one_of("semantic_vad")},
            optional={**_VAD_FLAGS, "eagerness": one_of("low", "medium", "high", "auto")},
        ),
    },
)
_TRANSCRIPTION: Final[Check] = shape(
    optional={
        "model": one_of(*_TRANSCRIBERS),
        "language": _language,
        "languages": array(_language),
        "prompt": text(),
        "keywords": array(text()),
        "delay": one_of("minimal", "low", "medium", "high", "xhigh"),
    }
)
_NOISE_REDUCTION: Final[Check] = shape(required={"type": one_of("near_field", "far_field")}, optional={"strength": number(0, 1)})
_SESSION: Final[Check] = shape(
    required={"type": one_of("realtime")},
    optional={
        "model": text(),
        "output_modalities": MODALITIES,
        "instructions": text(),
        "audio": shape(
            optional={
                "input": shape(
                    optional={
                        "format": OUTPUT_FORMAT,
                        "noise_reduction": nullable(_NOISE_REDUCTION),
                        "transcription": nullable(_TRANSCRIPTION),
                        "turn_detection": nullable(_TURN_DETECTION),
                    }
                ),
                "output": shape(optional={"format": OUTPUT_FORMAT, "voice": VOICE, "speed": number(0.25, 1.5)}),
            }
        ),
        "tools": array(FUNCTION_TOOL),
        "tool_choice": TOOL_CHOICE,
        "max_output_tokens": first_that_fits("an integer from 1 to 4096 or 'inf'", integer(1, 4096), one_of("inf")),
        "truncation": first_that_fits(
            "'auto', 'disabled' or a retention ratio",
            one_of("auto", "disabled"),
            shape(
                required={"type": one_of("retention_ratio"), "retention_ratio": number(0, 1)},
                optional={"token_limits": shape(optional={"post_instructions": integer(0)})},
            ),
        ),
        "tracing": nullable(first_that_fits("'auto' or an object", one_of("auto"), an_object)),
        "prompt": nullable(an_object),
        "include": nullable(array(one_of("item.input_audio_transcription.logprobs"))),
        "reasoning": nullable(shape(optional={"effort": one_of("minimal", "low", "medium", "high", "xhigh")})),
        "parallel_tool_calls": boolean,
    },
)


def initial(*, session_id: str, model: str, expires_at: int) -> Json:
    """The session object of `session.created`: PCM at 24 kHz both ways, the server's own turn detection."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": session_id,
        "model": model,
        "output_modalities": ["audio"],
        "instructions": "Your knowledge cutoff is 2023-10. You are a helpful, witty, and friendly AI.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "expires_at": expires_at,
        "audio": {
            "input": {
                "format": dict(_PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": dict(_SERVER_VAD),
            },
            "output": {"format": dict(_PCM), "voice": "marin", "speed": 1.0},
        },
    }


def updated(session: Json, update: Json, *, has_spoken: bool) -> Json:
    """The session after the update: only the keys that were given change, also within `audio.input`.

    `has_spoken` says whether the model has already put out audio, which locks the voice.

    Raises:
        RefusedError: Something in it can't be had; then nothing of it applies.
    """
    _SESSION(update, "session")
    _refuse_what_cannot_change(session, update, has_spoken=has_spoken)
    merged = copy.deepcopy(session)
    for key, value in update.items():
        if key != "audio":
            merged[key] = copy.deepcopy(value)
    audio = update.get("audio", {})
    for key, value in audio.get("input", {}).items():
        merged["audio"]["input"][key] = _input_setting(key, value, merged["audio"]["input"][key])
    for key, value in audio.get("output", {}).items():
        merged["audio"]["output"][key] = _with_rate(value) if key == "format" else copy.deepcopy(value)
    _refuse_transcription_that_cannot_work(merged["audio"]["input"])
    return merged


def _input_setting(key: str, value: Json | None, before: Json | None) -> Json | None:
    if value is None:
        return None
    match key:
        case "format":
            return _with_rate(value)
        case "noise_reduction":
            return {"type": value["type"], "strength": value.get("strength", (before or {}).get("strength", 1.0))}
        case "turn_detection":
            return {**(_SERVER_VAD if value["type"] == "server_vad" else _SEMANTIC_VAD), **value}
        case _:
            return copy.deepcopy(value)


def _with_rate(audio_format: Json) -> Json:
    return dict(_PCM) if audio_format["type"] == "audio/pcm" else dict(audio_format)


def _refuse_what_cannot_change(session: Json, update: Json, *, has_spoken: bool) -> None:
    if update.get("model", session["model"]) != session["model"]:
        raise RefusedError("invalid_value", "The model of a session cannot be changed.", "session.model")
    if session["tracing"] is not None and update.get("tracing", session["tracing"]) != session["tracing"]:
        raise RefusedError("invalid_value", "Tracing cannot be changed once it is on.", "session.tracing")
    voice = session["audio"]["output"]["voice"]
    if has_spoken and update.get("audio", {}).get("output", {}).get("voice", voice) != voice:
        message = "Cannot update a conversation's voice if assistant audio is present."
        raise RefusedError("cannot_update_voice", message, "session.audio.output.voice")


def _refuse_transcription_that_cannot_work(audio_input: Json) -> None:
    transcription = audio_input["transcription"]
    if transcription is None:
        return
    path = "session.audio.input.transcription"
    model = transcription.get("model")
    if model in _WITHOUT_TURN_DETECTION and audio_input["turn_detection"] is not None:
        raise RefusedError("invalid_value", f"{model} needs turn_detection to be null.", f"{path}.model")
    for key in ("languages", "keywords"):
        if key in transcription and model not in _WITH_LANGUAGES_AND_KEYWORDS:
            raise RefusedError("invalid_value", f"'{key}' is not supported by {model}.", f"{path}.{key}")
    if "language" in transcription and "languages" in transcription:
        raise RefusedError("invalid_value", "Give 'language' or 'languages', not both.", f"{path}.languages")
    if "prompt" in transcription and model == "gpt-realtime-whisper":
        raise RefusedError("invalid_value", "'prompt' is not supported by gpt-realtime-whisper.", f"{path}.prompt")
    if "delay" in transcription and model != "gpt-realtime-whisper":
        raise RefusedError("invalid_value", f"'delay' is not supported by {model}.", f"{path}.delay")
