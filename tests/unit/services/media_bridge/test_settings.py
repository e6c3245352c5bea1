"""What the bridge needs to start."""

import pytest

from services.media_bridge.settings import BridgeSettings
from shared.environ import SettingsError, parse_settings

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
