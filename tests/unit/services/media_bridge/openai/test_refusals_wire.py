"""Which refusals of OpenAI's would meet every other session too."""

import pytest

from services.media_bridge.openai.refusals_wire import fatal_code, is_fatal


@pytest.mark.parametrize(
    "reason",
    ["insufficient_quota", "invalid_api_key", "account_deactivated", "billing_hard_limit_reached", "model_not_found", "status_401"],
)
def test_a_refused_key_account_or_model_is_fatal(reason: str) -> None:
    assert is_fatal(reason)


@pytest.mark.parametrize(
    "reason",
    [None, "", "timeout", "closed", "session_expired", "status_429", "status_503", "inference_rate_limit_exceeded", "server_error"],
)
def test_what_may_pass_is_not(reason: str | None) -> None:
    assert not is_fatal(reason)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": {"code": "insufficient_quota", "type": "requests"}}', "insufficient_quota"),
        (b'{"error": {"code": null, "type": "insufficient_quota"}}', "insufficient_quota"),
        (b'{"error": {"code": "rate_limit_exceeded", "type": "requests"}}', None),
        (b'{"error": null}', None),
        (b"{}", None),
        (b"<html>", None),
        (b'{"error": {"code": 7}}', None),
        (b"", None),
    ],
)
def test_the_body_of_a_refused_handshake_tells_quota_from_haste(body: bytes, code: str | None) -> None:
    assert fatal_code(body) == code
