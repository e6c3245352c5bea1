"""OpenAI's server events, as on the reference page and in any other legal spelling."""

import json
from typing import Any

import pytest

from services.media_bridge.openai.events_wire import (
    AgentSaid,
    CustomerSaid,
    ErrorReported,
    ItemAdded,
    ResponseFinished,
    ServerEvent,
    SessionDescribed,
    event_of,
    read,
    transcript_delta,
)
from services.media_bridge.openai.pricing import PRICES, TokenUsage
from shared.core.conversation.events import (
    ResponseDone,
    ResponseRefused,
    ResponseStarted,
    ResponseStatus,
    SpeechStarted,
    SpeechStopped,
    ToolCall,
    ToolCallFinished,
)
from tests.support.bridge.fakes import delta, session

CALL = {"id": "item_2", "type": "function_call", "status": "completed", "name": "end_call", "call_id": "call_1", "arguments": "{}"}
WORDS = {
    "id": "item_1",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "output_audio", "transcript": "Mirë ", "new_key": 1}],
}
USAGE = {
    "total_tokens": 253,
    "input_tokens": 132,
    "output_tokens": 121,
    "input_token_details": {
        "text_tokens": 119,
        "audio_tokens": 13,
        "image_tokens": 0,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 60, "audio_tokens": 4, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 30, "audio_tokens": 91},
}


class Unreadable:
    """Counts the parts that could not be read."""

    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        self.count += 1


UNREADABLE = Unreadable()


def what(event: dict[str, Any]) -> ServerEvent | None:  # Any: JSON
    message = json.dumps(event).encode()
    return event_of(read(message), message, UNREADABLE.note)


def done(**response: object) -> dict[str, Any]:  # Any: JSON
    base: dict[str, object] = {
        "id": "resp_1",
        "object": "realtime.response",
        "status": "completed",
        "status_details": None,
        "output": [],
    }
    return {"type": "response.done", "event_id": "event_1", "response": {**base, **response}}


def finished(event: dict[str, Any]) -> ResponseFinished:  # Any: JSON
    result = what(event)
    assert isinstance(result, ResponseFinished)
    return result


_RUNNING = "conversation_already_has_active_response"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (session("session.created"), SessionDescribed(False, 4e9, "audio/pcmu", "audio/pcmu")),
        (session("session.updated", output_format="audio/pcm"), SessionDescribed(True, 4e9, "audio/pcmu", "audio/pcm")),
        ({"type": "session.updated"}, SessionDescribed(True, None, "", "")),
        ({"type": "input_audio_buffer.speech_started", "audio_start_ms": 3, "item_id": "item_3"}, SpeechStarted()),
        ({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 9, "item_id": "item_3"}, SpeechStopped()),
        ({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress"}}, ResponseStarted("resp_1")),
        (
            {"type": "conversation.item.added", "previous_item_id": "item_0", "item": WORDS},
            ItemAdded("item_1", True, "item_0"),
        ),
        (
            {"type": "conversation.item.added", "item": {"id": "item_4", "type": "message", "role": "user", "content": []}},
            ItemAdded("item_4", False, None),
        ),
        ({"type": "conversation.item.added", "item": CALL}, None),
        ({"type": "conversation.item.added", "item": {"id": "item_5", "type": "message", "role": "system"}}, None),
        (
            {"type": "response.output_audio_transcript.done", "item_id": "item_1", "transcript": " Mirë "},
            AgentSaid("item_1", "Mirë"),
        ),
        (
            {"type": "conversation.item.input_audio_transcription.completed", "item_id": "item_4", "transcript": "Po."},
            CustomerSaid("item_4", "Po."),
        ),
        (
            {"type": "error", "error": {"type": "invalid_request_error", "code": None, "event_id": "x"}},
            ErrorReported("invalid_request_error", "x"),
        ),
        ({"type": "error", "error": {"code": _RUNNING, "event_id": "response"}}, ResponseRefused()),
        ({"type": "error", "error": {"code": _RUNNING, "event_id": None}}, ErrorReported(_RUNNING, None)),
        ({"type": "error"}, ErrorReported("unknown", None)),
        ({"type": "rate_limits.updated", "rate_limits": []}, None),
        ({"type": "conversation.item.created", "item": 7}, None),
        ({"type": "conversation.item.added", "item": {**WORDS, "id": None}}, None),
        (
            {"type": "response.output_item.done", "response_id": "resp_1", "item": CALL},
            ToolCallFinished("resp_1", ToolCall("call_1", "end_call", "{}")),
        ),
        ({"type": "response.output_item.done", "response_id": "resp_1", "item": {**CALL, "status": "incomplete"}}, None),
        ({"type": "response.output_item.done", "response_id": "resp_1", "item": WORDS}, None),
        ({"type": "response.created"}, ResponseStarted("")),
        ({"type": "response.created", "response": {"id": None, "status": None}}, ResponseStarted("")),
        ({"type": "response.output_audio_transcript.done", "item_id": None, "transcript": None}, AgentSaid("", "")),
        (
            {"type": "session.updated", "session": {"audio": {"input": {"format": {"type": None}}}}},
            SessionDescribed(True, None, "", ""),
        ),
        (
            {"type": "response.done", "response": None},
            ResponseFinished(ResponseDone("", ResponseStatus.COMPLETED), TokenUsage(), ()),
        ),
        ({"type": "x.new", "and": {"more": []}}, None),
        ({}, None),
    ],
)
def test_what_each_event_tells(event: dict[str, Any], expected: ServerEvent | None) -> None:  # Any: JSON
    assert what(event) == expected


def test_tool_calls_come_with_a_completed_response() -> None:
    result = finished(done(output=[WORDS, CALL]))
    assert result.event == ResponseDone("resp_1", ResponseStatus.COMPLETED, (ToolCall("call_1", "end_call", "{}"),))
    assert result.said == (AgentSaid("item_1", "Mirë"),)


@pytest.mark.parametrize("status", ["cancelled", "incomplete", "failed", "something_new"])
def test_no_tool_call_comes_with_any_other(status: str) -> None:
    assert finished(done(status=status, output=[CALL])).event.tool_calls == ()


@pytest.mark.parametrize("status", ["cancelled", "incomplete"])
def test_a_finished_call_of_a_response_that_was_cut_off_is_void(status: str) -> None:
    calls = [CALL, {**CALL, "status": "incomplete"}, {**CALL, "status": None}, {**CALL, "call_id": None}]
    assert finished(done(status=status, output=calls)).event.void_calls == (ToolCall("call_1", "end_call", "{}"),)


def test_half_a_tool_call_is_none() -> None:
    assert finished(done(output=[{**CALL, "status": "incomplete"}])).event.tool_calls == ()


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        (None, None),
        ({"type": "cancelled", "reason": "turn_detected"}, "turn_detected"),
        ({"type": "failed", "error": {"type": "server_error", "code": None, "message": "secret"}}, "server_error"),
        ({"type": "failed", "error": {"type": "x", "code": "insufficient_quota"}}, "insufficient_quota"),
    ],
)
def test_the_reason_is_a_short_code(details: dict[str, Any] | None, reason: str | None) -> None:  # Any: JSON
    assert finished(done(status="failed", status_details=details)).event.reason == reason


def test_cached_tokens_are_counted_apart() -> None:
    expected = TokenUsage(text_in=59, audio_in=9, text_cached=60, audio_cached=4, text_out=30, audio_out=91)
    assert finished(done(usage=USAGE)).usage == expected


@pytest.mark.parametrize("usage", [None, {}, {"input_token_details": None}, {"output_token_details": {"text_tokens": None}}])
def test_missing_usage_counts_nothing(usage: dict[str, Any] | None) -> None:  # Any: JSON
    assert finished(done(usage=usage)).usage == TokenUsage()


@pytest.mark.parametrize("told", [-5, 10**60])
def test_tokens_that_nobody_can_have_used_are_not_counted(told: int) -> None:
    usage = finished(done(usage={"output_token_details": {"audio_tokens": told}})).usage
    assert usage == TokenUsage()
    assert PRICES["gpt-realtime-2.1"].cost(usage) >= 0


def test_the_head_of_audio_has_all_that_the_lane_needs() -> None:
    message = json.dumps({"obfuscation": "x", **delta("item_1", 1)}, indent=1).encode()
    head = read(message)
    assert (head.response_id, head.item_id, bytes(head.delta)) == ("resp_1", "item_1", b'"8PDw8PDw8PA="')
    assert event_of(head, message, UNREADABLE.note) is None


def test_words_keep_the_space_that_leads_them() -> None:
    head = read(b'{"type":"response.output_audio_transcript.delta","item_id":"i","delta":" mir\\u00eb"}')
    assert transcript_delta(head) == " mirë"


def test_a_delta_that_is_no_text_has_no_words() -> None:
    head = read(b'{"type":"response.output_audio_transcript.delta","delta":{}}')
    assert transcript_delta(head) == ""
