"""What the bridge needs to start."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.media_bridge.openai.pricing import PRICES
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.settings import BridgeSettings
from shared.core.conversation.call_plan import Timing
from shared.settings.environ import SettingsError, parse_settings

NEEDED = {
    "PUBLIC_URL": "https://calls.shop.example",
    "SIGNING_SECRET": "x" * 32,
    "OPENAI_API_KEY": "sk-x",
    "TWILIO_AUTH_TOKEN": "t",
}


def test_four_variables_are_enough() -> None:
    settings = parse_settings(BridgeSettings, NEEDED)
    assert settings.stream_url == "wss://calls.shop.example/media-stream"
    assert settings.record_calls is None


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as wrong:
        parse_settings(BridgeSettings, {"MAX_STREAMS": "0"})
    assert all(name in str(wrong.value) for name in (*NEEDED, "MAX_STREAMS"))


def test_no_secret_is_shown() -> None:
    assert "sk-x" not in repr(parse_settings(BridgeSettings, NEEDED))


def test_the_waits_for_a_silent_customer_can_be_set() -> None:
    given = parse_settings(BridgeSettings, {**NEEDED, "SILENCE_PROMPTS_S": "4, 8.5,15", "WAIT_S": "45"})
    assert (given.silence_prompts_s, given.wait_s) == ((4.0, 8.5, 15.0), 45.0)
    assert parse_settings(BridgeSettings, NEEDED).silence_prompts_s == (6.0, 12.0, 20.0)


@pytest.mark.parametrize("silences", ["6,12", "6,6,20", "0,12,20", "20,12,6", "six,12,20", "6,12,200", "nan,12,20", "6,12,nan"])
def test_silences_that_do_not_grow_are_refused(silences: str) -> None:
    with pytest.raises(SettingsError, match="SILENCE_PROMPTS_S"):
        parse_settings(BridgeSettings, {**NEEDED, "SILENCE_PROMPTS_S": silences})


def test_the_waits_for_a_slow_model_can_be_set() -> None:
    timing = parse_settings(BridgeSettings, {**NEEDED, "FIRST_AUDIO_S": "2, 5.5"}).timing
    assert (timing.filler_s, timing.first_audio_s, timing.tool_audio_s, timing.goodbye_audio_s) == (2.0, 5.5, 8.5, 5.5)
    assert parse_settings(BridgeSettings, {**NEEDED, "FIRST_AUDIO_S": "2,5,5"}).timing.tool_audio_s == 5
    assert parse_settings(BridgeSettings, NEEDED | {"FIRST_AUDIO_S": "3.3,9"}).timing == Timing()
    assert parse_settings(BridgeSettings, NEEDED).timing == Timing()


@pytest.mark.parametrize(
    "waits", ["3", "3,3", "0,9", "4.5,9", "3,9,8", "3,9,31", "3,9,12,15", "three,9", "nan,9", "3,nan", "3,inf"]
)
def test_waits_for_a_slow_model_that_make_no_sense_are_refused(waits: str) -> None:
    with pytest.raises(SettingsError, match="FIRST_AUDIO_S"):
        parse_settings(BridgeSettings, {**NEEDED, "FIRST_AUDIO_S": waits})


def test_the_prices_are_the_models_own_unless_others_are_set() -> None:
    model = {"OPENAI_REALTIME_MODEL": "gpt-realtime-2.1-mini"}
    assert parse_settings(BridgeSettings, NEEDED | model).prices == PRICES["gpt-realtime-2.1-mini"]
    mine = parse_settings(BridgeSettings, {**NEEDED, "OPENAI_PRICES": "text:4/0.40/24, audio:30/0.40/64"}).prices
    assert mine == replace(PRICES["gpt-realtime-2.1"], audio_in=Decimal(30))


def test_a_model_that_nobody_knows_is_reckoned_at_the_dearest_price() -> None:
    unknown = parse_settings(BridgeSettings, NEEDED | {"OPENAI_REALTIME_MODEL": "my-own"})
    assert unknown.prices == PRICES["gpt-realtime-2.1"], "no call is free, or the spend limit would never be reached"


@pytest.mark.parametrize(
    "prices", ["32", "audio:32/0.4/64", "audio:1/1/1,audio:1/1/1", "audio:1/1/1,text:-1/1/1", "audio:1/1/1,text:1/1/nan"]
)
def test_prices_of_another_shape_are_refused(prices: str) -> None:
    with pytest.raises(SettingsError, match="OPENAI_PRICES"):
        parse_settings(BridgeSettings, {**NEEDED, "OPENAI_PRICES": prices})


def test_what_counts_as_speech_is_what_openai_calls_so() -> None:
    assert parse_settings(BridgeSettings, NEEDED).audio == AudioSettings("marin", None, vad_threshold=0.5, vad_silence_ms=500)
    chosen = {"OPENAI_NOISE_REDUCTION": "far_field", "VAD_THRESHOLD": "0.8", "VAD_SILENCE_MS": "700"}
    audio = parse_settings(BridgeSettings, NEEDED | chosen).audio
    assert audio == AudioSettings("marin", "far_field", vad_threshold=0.8, vad_silence_ms=700)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_NOISE_REDUCTION", "on"),
        ("VAD_THRESHOLD", "1.1"),
        ("VAD_THRESHOLD", "nan"),
        ("VAD_SILENCE_MS", "50"),
        ("VAD_SILENCE_MS", "4000"),
    ],
)
def test_what_openai_does_not_take_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        parse_settings(BridgeSettings, NEEDED | {name: value})
