"""Nothing personal or secret passes the logs' second guard."""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from shared.core.errors import StoreUnavailableError
from shared.logs.redaction import HIDDEN, describe, mask, redact, traceback_text


@pytest.mark.parametrize(
    "text",
    [
        "call to +38344123456 failed",
        "call to +383 44 123 456 failed",
        "call to +383-44-123-456",
        "number 38344123456.",
        "dial 044 123 456",
        "dial 044/123-456",
        "PUT /v1/opt-outs/+38344123456",
    ],
)
def test_phone_numbers_are_masked(text: str) -> None:
    assert "[number]" in mask(text)
    assert "123" not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abc123def",
        "authorization=Basic abc123def",
        "the key sk-proj-abc123def is wrong",
        "wss://calls.example/media-stream?token=abc123def&x=1",
        "redis://user:abc123def@redis:6379/0",
        "unix://user:abc123def@/run/valkey.sock",
        "token eyJjbmYiOiIx.aYzT1A.abc123defabc123defabc123def",
        'got {"token": "abc123def"}',
        "abc123def@shop.example wrote",
    ],
)
def test_tokens_and_credentials_are_masked(text: str) -> None:
    assert "abc123def" not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "cnf_01JD9WZK3V5Y8Q2M7N4T6R0XBC",
        "CA0123456789abcdef0123456789abcdef",
        "2026-11-22T12:30:45.123456Z",
        "https://api.twilio.com/2010-04-01/Accounts",
        "services.media_bridge.openai.events_wire",
        "1234567",
        "127.0.0.1:8000",
        "Valkey 9.1.2",
    ],
)
def test_ids_times_and_addresses_of_machines_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "key",
    ["phone", "customer_phone", "to", "from", "from_", "name", "address", "transcript", "text", "quote", "note", "token",
     "authorization", "api_key", "body", "payload", "order", "items", "signing_secret"],
)  # fmt: skip
def test_what_stands_under_a_personal_key_is_hidden(key: str) -> None:
    assert redact({key: "Arta", key.upper(): 44123456})[key] == HIDDEN
    assert redact({key.upper(): 44})[key.upper()] == HIDDEN


def test_a_flag_or_nothing_under_a_personal_key_passes() -> None:
    assert redact({"has_order": True, "phone": None}) == {"has_order": True, "phone": None}


def test_a_text_under_an_unknown_key_is_hidden() -> None:
    assert redact({"surprise": "Arta Krasniqi"}) == {"surprise": HIDDEN}


def test_known_keys_numbers_and_flags_pass() -> None:
    entry = {"event": "call_ended", "confirmation_id": "cnf_01JD9", "duration_s": 12.5, "is_final": True, "cost": None, "n": 3}

    assert redact(entry | {"price": Decimal("0.5")}) == entry | {"price": 0.5}


def test_long_numbers_pass_only_where_their_key_says_what_they_measure() -> None:
    assert redact({"count": 38344123456}) == {"count": "[number]"}
    assert redact({"began_ms": 1763814645123}) == {"began_ms": 1763814645123}


def test_nested_values_are_looked_into() -> None:
    entry = {"checks": {"redis": "away", "phone": "+38344123456"}, "codes": [1, 2], "reason": ["+38344123456"]}

    assert redact(entry) == {"checks": {"redis": HIDDEN, "phone": HIDDEN}, "codes": [1, 2], "reason": ["[number]"]}


def test_endless_nesting_and_foreign_objects_are_hidden() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert "[hidden]" in json.dumps(redact({"reason": endless, "state": object()}))


def test_paths_exceptions_and_types_are_told() -> None:
    entry = redact({"file": Path("/data/x.wav"), "error": OSError("disk full"), "error_type": KeyError, "folder": Path("/x")})

    assert entry == {"file": "/data/x.wav", "error": "OSError: disk full", "error_type": "KeyError", "folder": HIDDEN}


def test_an_exceptions_text_is_told_only_where_it_is_about_machinery() -> None:
    assert describe(StoreUnavailableError("no answer")) == "StoreUnavailableError: no answer"
    assert describe(ConnectionRefusedError("to +38344123456")) == "ConnectionRefusedError: to [number]"
    assert describe(ValueError("Arta")) == "ValueError"


def raise_group() -> None:
    secret = "Arta"
    try:
        os.environ[f"no variable of {secret}"]
    except KeyError as error:
        raise ExceptionGroup("parts", [StoreUnavailableError("away"), ValueError("Arta")]) from error


def test_a_traceback_tells_places_causes_and_members_but_no_data() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        raise_group()

    text = traceback_text(caught.value)

    assert "test_redaction.py" in text
    assert "raise_group" in text
    assert "    StoreUnavailableError: away" in text
    assert "caused by\nKeyError" in text
    assert "Arta" not in text


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first

    assert traceback_text(first) == "ValueError\ncaused by\nKeyError"
