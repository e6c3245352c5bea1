"""Every line of the log, ours or a package's, is one redacted entry on stdout."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog

from shared.logs.setup import configure_logging
from shared.settings.environ import parse_settings
from shared.settings.groups import LogSettings

Lines = Callable[[], list[dict[str, Any]]]  # Any: JSON

pytestmark = pytest.mark.usefixtures("logging_as_before")


def fail_with_data() -> None:
    raise ValueError("Arta")


def test_an_entry_is_json_with_time_level_service_and_what_was_bound(configured: Callable[[], Lines]) -> None:
    lines = configured()
    with structlog.contextvars.bound_contextvars(confirmation_id="cnf_1"):
        structlog.get_logger("services.webhook.app").info("order_accepted", shop="shopaz")

    [entry] = lines()
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "order_accepted",
        "level": "info",
        "logger": "services.webhook.app",
        "service": "webhook",
        "confirmation_id": "cnf_1",
        "shop": "shopaz",
    }


def test_personal_data_that_slips_in_is_hidden(configured: Callable[[], Lines]) -> None:
    lines = configured()
    structlog.get_logger("services.x").info("call_placed", phone="+38344123456", reason="to +38344123456", who="Arta")

    [entry] = lines()
    assert (entry["phone"], entry["reason"], entry["who"]) == ("[hidden]", "to [number]", "[hidden]")


def test_a_traceback_has_no_data(configured: Callable[[], Lines]) -> None:
    lines = configured()
    try:
        int("+38344123456 of Arta")
    except ValueError:
        structlog.get_logger("services.x").exception("parsing_failed")

    [entry] = lines()
    assert entry["exception"].startswith("ValueError\n")
    assert "Arta" not in json.dumps(entry)


def test_packages_go_the_same_way(configured: Callable[[], Lines]) -> None:
    lines = configured()
    logging.getLogger("redis").warning("could not reach %s", "redis://:secret@redis:6379")

    [entry] = lines()
    assert (entry["event"], entry["logger"]) == ("could not reach redis://[hidden]@redis:6379", "redis")


def test_packages_are_quiet_below_warnings_and_access_logs_silent(configured: Callable[[], Lines]) -> None:
    lines = configured()
    logging.getLogger("httpx").info("HTTP Request: GET https://x.example/?token=1")
    logging.getLogger("twilio.http_client").debug("To=+38344123456")
    logging.getLogger("uvicorn.access").error("GET /media-stream?token=1")

    assert lines() == []


def test_a_packages_traceback_is_redacted_too(configured: Callable[[], Lines]) -> None:
    lines = configured()
    try:
        fail_with_data()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")

    assert "Arta" not in json.dumps(lines())


def test_the_level_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(parse_settings(LogSettings, {"LOG_LEVEL": "warning"}), service="webhook")

    structlog.get_logger("services.x").info("not_told")

    assert capsys.readouterr().out == ""


def test_the_console_form_is_redacted_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(parse_settings(LogSettings, {"LOG_FORMAT": "console"}), service="webhook")

    try:
        fail_with_data()
    except ValueError:
        structlog.get_logger("services.x").exception("call_failed", call_sid="CA1", phone="+38344123456")

    out = capsys.readouterr().out
    assert "call_failed" in out
    assert "CA1" in out
    assert "\nValueError\n" in out
    assert "Arta" not in out
    assert "38344123456" not in out
