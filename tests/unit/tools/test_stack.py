"""When a part of the system counts as started."""

import pytest

from tools.stack import readiness


@pytest.mark.parametrize(
    ("status", "body", "state"),
    [
        (200, '{"status": "ready"}', "ready"),
        (503, '{"status": "not_ready", "reasons": {"redis": "StoreUnavailableError"}}', None),
        (503, '{"status": "not_ready", "reasons": {"model": "timeout", "redis": "x"}}', None),
        (502, "<html>", None),
        (503, "[]", None),
    ],
)
def test_a_part_is_started_when_it_is_ready(status: int, body: str, state: str | None) -> None:
    assert readiness(status, body) == state


def test_a_bridge_that_openai_refuses_serves_by_key_and_says_so() -> None:
    state = readiness(503, '{"status": "not_ready", "reasons": {"model": "insufficient_quota"}}')
    assert state == "serves by key only: OpenAI refuses us (insufficient_quota)"
