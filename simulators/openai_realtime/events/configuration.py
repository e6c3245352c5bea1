"""A session's configuration: its defaults, and how a `session.update` is merged into it or refused as a whole."""

import copy
from typing import Final

from simulators.openai_realtime.events.session_shape import SESSION
from simulators.openai_realtime.events.validators import Json, RefusedError

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


def initial(*, session_id: str, model: str, expires_at: int) -> Json:
    """Return the session object of `session.created`: PCM at 24 kHz both ways, turn detection by the server."""
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
    """Return the session after the update: only the given keys change, also within `audio.input`.

    `has_spoken` says whether the model has already sent audio, which locks the voice.

    Raises:
        RefusedError: Some part of it is not possible; then no part of it applies.
    """
    SESSION(update, "session")
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


def forget_formats(session: Json, update: Json) -> None:
    """Set each format that the update does not name back to PCM."""
    for side in ("input", "output"):
        if "format" not in update.get("audio", {}).get(side, {}):
            session["audio"][side]["format"] = dict(_PCM)


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
