"""Every frame that the bridge sends to OpenAI parses with the official package's types."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai.types.realtime import RealtimeClientEvent
from pydantic import TypeAdapter

from services.media_bridge.openai import requests_wire as request
from services.media_bridge.openai.requests_wire import AudioSettings, Instructions, Transcription
from shared.core.conversation.tools import TOOLS
from shared.core.speech.instructions import say_exactly

OFFICIAL: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)

FRAMES = {
    "append": request.APPEND_HEAD + b'"//8="' + request.APPEND_TAIL,
    "first_update": request.first_update(AudioSettings("marin")),
    "full_update": request.full_update(AudioSettings("marin"), Instructions("You phone a customer.", TOOLS)),
    "update_of_noise": request.first_update(AudioSettings("marin", "far_field", vad_threshold=0.7, vad_silence_ms=700)),
    "instructions_update": request.instructions_update(Instructions("You phone Arta.", TOOLS)),
    "transcription": request.transcription_update(Transcription("gpt-transcribe", "emra: Arta", None)),
    "transcription_of_a_language": request.transcription_update(Transcription("gpt-transcribe", "names: Arta", "en")),
    "say": request.say(say_exactly("Përshëndetje «Arta»!")),
    "respond": request.respond(),
    "probe": request.probe(),
    "cancel": request.cancel("resp_1"),
    "truncate": request.truncate("item_1", 1200),
    "tool_output": request.tool_output("call_1", '{"status":"ok"}'),
    "remark": request.remark("The customer pressed key 1."),
}


@pytest.mark.parametrize("name", FRAMES)
def test_it_is_an_event_of_the_official_types_and_nothing_more(name: str) -> None:
    given = json.loads(FRAMES[name])
    parsed = OFFICIAL.validate_python(given)
    assert parsed.type == given["type"]
    assert list(unknown_fields(parsed)) == []


def unknown_fields(model: Any) -> Iterator[str]:  # noqa: ANN401 - the official models, nested
    """Yield the fields that the official models accepted without knowing them; the tools' own JSON schemas may hold any."""
    if isinstance(model, list):
        for item in model:
            yield from unknown_fields(item)
    elif hasattr(model, "model_extra"):
        yield from model.model_extra or {}
        for name in model.model_fields_set - {"parameters"}:
            yield from unknown_fields(getattr(model, name))


@pytest.mark.parametrize("name", [name for name in FRAMES if json.loads(FRAMES[name])["type"] == "session.update"])
def test_every_update_of_the_session_names_the_formats(name: str) -> None:
    audio = json.loads(FRAMES[name])["session"]["audio"]
    assert audio["input"]["format"] == audio["output"]["format"] == {"type": "audio/pcmu"}


def test_audio_is_mulaw_both_ways_with_server_side_turns() -> None:
    audio = json.loads(FRAMES["full_update"])["session"]["audio"]
    assert audio["input"]["format"] == audio["output"]["format"] == {"type": "audio/pcmu"}
    assert audio["input"]["turn_detection"]["type"] == "server_vad"
    assert "transcription" not in audio["input"]


def test_threshold_silence_and_noise_reduction_are_the_operators() -> None:
    heard = json.loads(FRAMES["update_of_noise"])["session"]["audio"]["input"]
    assert heard["noise_reduction"] == {"type": "far_field"}
    assert (heard["turn_detection"]["threshold"], heard["turn_detection"]["silence_duration_ms"]) == (0.7, 700)


def test_without_noise_reduction_it_is_switched_off_by_name() -> None:
    assert json.loads(FRAMES["full_update"])["session"]["audio"]["input"]["noise_reduction"] is None


def test_albanian_is_never_named_to_the_transcriber() -> None:
    wanted = json.loads(FRAMES["transcription"])["session"]["audio"]["input"]["transcription"]
    assert set(wanted) == {"model", "prompt"}


def test_words_for_word_requests_call_no_tool() -> None:
    assert json.loads(FRAMES["say"])["response"]["tool_choice"] == "none"
