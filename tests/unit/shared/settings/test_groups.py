"""The groups have the documented names, defaults and types."""

import shlex
import subprocess
import sys
from decimal import Decimal

import pytest

from shared.core.dialing.caps import CallCap, SpendLimit
from shared.settings import groups
from shared.settings.environ import Settings, SettingsError, is_secret, parse_settings, variables
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


GROUPS = [one for one in vars(groups).values() if isinstance(one, type) and issubclass(one, Settings) and one.model_fields]

REQUIRED = {
    "PUBLIC_URL": "https://calls.shop.example",
    "API_KEYS": "shopaz:the-key-number-1,shopaz:the-key-number-2",
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
    assert (settings.max_calls_per_number, settings.spend_limit_usd) == (CallCap(6, 86_400), SpendLimit(Decimal(100), 86_400))
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
    assert settings.api_keys == {"the-key-number-1": "shopaz", "the-key-number-2": "shopaz"}
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

    assert "the-key-number-1" not in shown
    assert "s" * 32 not in shown
    assert "sk-1" not in shown


def own(name: str, example: object) -> str:
    """Return what an operator makes of a secret's example: a value of the same form, but his own."""
    key = "A" * 43 + "=" if name == "encryption_keys" else "0123456789abcdef" * 4
    made = str(example).replace("KEY", key, 1).replace("KEY", key[::-1])
    return made if made != example else f"{example}-of-my-own"


def test_every_setting_has_an_example_that_is_accepted() -> None:
    for group in GROUPS:
        fields = group.model_fields.items()
        assert all(field.examples for _, field in fields)
        examples = {name.upper(): str((field.examples or [""])[0]) for name, field in fields}
        secrets = {name: own(name, examples[name.upper()]) for name, field in fields if is_secret(field) and field.is_required()}
        parse_settings(group, examples | {name.upper(): value for name, value in secrets.items()})


@pytest.mark.parametrize("group", GROUPS)
def test_the_example_of_a_secret_is_no_secret_and_is_refused(group: type[Settings]) -> None:
    for name, field in group.model_fields.items():
        if is_secret(field) and field.is_required():
            with pytest.raises(SettingsError, match=f"{name.upper()} is a placeholder that everybody can read"):
                parse_settings(group, {name.upper(): str((field.examples or [""])[0])})


def test_a_refused_secret_comes_with_the_command_that_makes_one() -> None:
    with pytest.raises(SettingsError, match=r"SIGNING_SECRET=KEY with the KEY that this prints: python3 -c 'import secrets"):
        parse_settings(groups.TokenSettings, {"SIGNING_SECRET": "CHANGE-ME-to-32-random-characters-or-more"})


@pytest.mark.parametrize("command", [groups.RANDOM_KEY, groups.RANDOM_ENCRYPTION_KEY])
def test_what_the_commands_print_is_accepted(command: str) -> None:
    words = shlex.split(command)
    printed = subprocess.run([sys.executable, *words[1:]], check=True, capture_output=True, text=True).stdout.strip()
    group = groups.EncryptionSettings if command == groups.RANDOM_ENCRYPTION_KEY else groups.TokenSettings
    parse_settings(group, dict.fromkeys(variables(group), printed))


def test_of_two_values_the_first_is_used_and_both_are_known() -> None:
    rotating = {"SIGNING_SECRET": "n" * 32 + "," + "o" * 32, "TWILIO_AUTH_TOKEN": "new,old"}
    settings = parse_settings(Everything, REQUIRED | rotating)

    assert settings.signing_secrets == ("n" * 32, "o" * 32)
    assert settings.twilio_auth_tokens == ("new", "old")
