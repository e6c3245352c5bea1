"""One bad part of an event never sinks the rest of it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.media_bridge.openai.events_wire import ResponseFinished, event_of, read
from services.media_bridge.openai.pricing import TokenUsage
from shared.core.conversation.events import ResponseDone, ResponseStatus, ToolCall
from tests.unit.services.media_bridge.openai.test_events_wire import CALL, USAGE, WORDS, Unreadable, done

CALLED = (ToolCall("call_1", "end_call", "{}"),)
EVENT = done(output=[WORDS, CALL], usage=USAGE, status_details={"type": "completed", "reason": None, "error": None})
OF_THE_CALL = ("response", "output", 1)
Path = tuple[str | int, ...]


def paths(value: object, before: Path = ()) -> Iterator[Path]:
    """Where each part of a JSON value is."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*before, key)
        yield from paths(part, (*before, key))


def changed(path: Path, value: object) -> bytes:
    """The event with another value at `path`."""
    event = copy.deepcopy(EVENT)
    inner: Any = event  # Any: JSON
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(event).encode()


def what(message: bytes) -> tuple[ResponseFinished, int]:
    unreadable = Unreadable()
    result = event_of(read(message), message, unreadable.note)
    assert isinstance(result, ResponseFinished)
    return result, unreadable.count


BESIDE_THE_CALL = [
    path
    for path in paths(EVENT)
    if path[0] == "response" and path not in {("response",), ("response", "output"), ("response", "status"), OF_THE_CALL}
]


@pytest.mark.parametrize("value", [None, 7, -1, 1e300, "x", [], {}, [7], [None], True], ids=repr)
@pytest.mark.parametrize(
    "path", [path for path in BESIDE_THE_CALL if path[:3] != OF_THE_CALL], ids=lambda path: ".".join(map(str, path))
)
def test_a_tool_call_survives_whatever_stands_beside_it(path: Path, value: object) -> None:
    assert what(changed(path, value))[0].event.tool_calls == CALLED


@pytest.mark.parametrize("key", ["id", "call_id", "name", "arguments", "status"])
@pytest.mark.parametrize("value", [None, 7, [], {}])
def test_a_tool_call_with_a_bad_part_is_one_all_the_same(key: str, value: object) -> None:
    (call,) = what(changed((*OF_THE_CALL, key), value))[0].event.tool_calls
    expected = {"call_id": "call_1", "name": "end_call", "arguments": "{}"} | ({key: ""} if key not in {"id", "status"} else {})
    assert call == ToolCall(**expected)


def test_what_cannot_be_read_is_counted_and_what_is_null_is_not() -> None:
    assert what(changed(("response", "usage"), [1]))[1] == 1
    assert what(changed(("response", "usage", "input_token_details", "text_tokens"), "many"))[1] == 1
    assert what(changed(("response", "output", 0, "content"), [7, {"transcript": 7}, None]))[1] == 2
    assert what(changed(("response", "usage"), None))[1] == 0


def test_the_rest_of_a_usage_with_a_bad_part_is_counted() -> None:
    result, _ = what(changed(("response", "usage", "input_token_details", "cached_tokens_details"), "x"))
    assert result.usage == TokenUsage(text_in=119, audio_in=13, text_out=30, audio_out=91)


@pytest.mark.parametrize("tokens", [10**30, -5])
def test_a_count_that_cannot_be_true_costs_nothing(tokens: int) -> None:
    result, unreadable = what(changed(("response", "usage", "output_token_details", "audio_tokens"), tokens))
    assert (result.usage.audio_out, unreadable) == (0, 1)


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (None, None, ResponseStatus.COMPLETED),
        (None, "cancelled", ResponseStatus.CANCELLED),
        (7, "failed", ResponseStatus.FAILED),
        ("incomplete", "completed", ResponseStatus.INCOMPLETE),
    ],
)
def test_a_status_that_is_missing_stands_in_the_details(status: object, kind: str | None, expected: ResponseStatus) -> None:
    message = json.dumps(done(status=status, status_details={"type": kind})).encode()
    assert what(message)[0].event.status is expected


def test_words_in_broken_utf_8_sink_nothing() -> None:
    message = json.dumps(EVENT).encode().replace(b'"item_1"', b'"\xff\xfe"').replace(b'"event_1"', b'"\\ud800"')
    result, _ = what(message)
    assert result.event == ResponseDone("resp_1", ResponseStatus.COMPLETED, CALLED, None)


def test_an_event_with_a_number_that_nobody_can_read_is_counted() -> None:
    message = b'{"type":"response.done","response":7,"n":' + b"1" * 5000 + b"}"
    result, unreadable = what(message)
    assert (result.event.response_id, unreadable) == ("", 1)
