"""The groups have the documented names, defaults and types."""

import pytest
from pydantic import BaseModel

from shared.settings import groups
from shared.settings.environ import SettingsError, parse_settings
from shared.settings.parsers import Bind, parse_window


class Everything(
    groups.RedisSettings,
    groups.PublicSettings,
    groups.ShopKeys,
    groups.TokenSettings,
    groups.OpenAISettings,
    groups.TwilioSettings,
    groups.DialSettings,
    groups.StreamSettings,
    groups.LogSettings,
    groups.DrainSettings,
    groups.WebhookAddress,
):
    pass


REQUIRED = {
    "PUBLIC_URL": "https://calls.shop.example",
    "API_KEYS": "shopaz:key-1,shopaz:key-2",
    "SIGNING_SECRET": "s" * 32,
    "OPENAI_API_KEY": "sk-1",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "t",
    "TWILIO_FROM_NUMBERS": "+38344000001,+38344000002",
}


def test_the_defaults_are_the_documented_ones() -> None:
    settings = parse_settings(Everything, REQUIRED)

    assert settings.redis_url.get_secret_value() == "redis://127.0.0.1:6379/0"
    assert settings.call_window == parse_window("09:00-20:00")
    assert settings.call_days == frozenset(range(6))
    assert not settings.call_holidays
    assert settings.allowed_countries == {"XK", "AL", "MK"}
    assert settings.retry_delays["undecided"] == 3600
    assert (settings.max_attempts, settings.ring_timeout_s, settings.call_time_limit_s) == (3, 25, 180)
    assert (settings.calls_per_second, settings.max_concurrent_calls) == (1, 10)
    assert settings.record_calls is None
    assert settings.require_stream_signature
    assert settings.webhook_bind == Bind("127.0.0.1", 8000)


def test_variables_become_values() -> None:
    more = {"CALLS_PER_SECOND": "2.5", "RETRY_DELAYS": "busy:5", "LOG_LEVEL": "DEBUG", "REQUIRE_STREAM_SIGNATURE": "off"}

    settings = parse_settings(Everything, REQUIRED | more)

    assert settings.calls_per_second == 2.5
    assert (settings.retry_delays["busy"], settings.retry_delays["error"]) == (5, 60)
    assert settings.log_level == "debug"
    assert not settings.require_stream_signature
    assert settings.api_keys == {"key-1": "shopaz", "key-2": "shopaz"}
    assert settings.twilio_from_numbers == ("+38344000001", "+38344000002")


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(Everything, {})

    assert [fault.split()[0] for fault in caught.value.faults] == sorted(REQUIRED)


def test_a_short_signing_secret_is_reported_with_an_example() -> None:
    with pytest.raises(SettingsError, match="SIGNING_SECRET is wrong: it should have at least 32 characters, for example"):
        parse_settings(groups.TokenSettings, {"SIGNING_SECRET": "short"})


@pytest.mark.parametrize(
    ("public_url", "stream_url"),
    [
        ("https://calls.shop.example", "wss://calls.shop.example/media-stream"),
        ("http://127.0.0.1:5050", "ws://127.0.0.1:5050/media-stream"),
    ],
)
def test_the_stream_url_derives_from_the_public_url(public_url: str, stream_url: str) -> None:
    assert parse_settings(groups.PublicSettings, {"PUBLIC_URL": public_url}).stream_url == stream_url


def test_no_secret_is_shown() -> None:
    shown = repr(parse_settings(Everything, REQUIRED))

    assert "key-1" not in shown
    assert "s" * 32 not in shown
    assert "sk-1" not in shown


def test_every_setting_has_an_example_that_is_accepted() -> None:
    for group in vars(groups).values():
        if isinstance(group, type) and issubclass(group, BaseModel) and group.model_fields:
            examples = {name.upper(): str((field.examples or [""])[0]) for name, field in group.model_fields.items()}
            assert all(examples.values())
            parse_settings(group, examples)  # type: ignore[type-var]  # every model in the module is a group
