"""The OpenAI simulator keeps the conversation's items as the API does: created, retrieved, truncated, deleted."""

import pytest
from openai.types.realtime import RealtimeClientEvent
from pydantic import TypeAdapter, ValidationError

from simulators.openai_realtime.events import client_events
from simulators.openai_realtime.events.validators import RefusedError
from tests.support.simulators.openai import (
    ASK,
    DETAILS,
    INSTRUCTIONS,
    PCMU,
    TOOLS,
    Client,
    SimulatorProcess,
    in_call,
)

CLIENT_EVENT: TypeAdapter[object] = TypeAdapter(RealtimeClientEvent)


def _message(role: str, text: str, content_type: str, **more: str) -> dict[str, object]:
    return {"type": "message", "role": role, "content": [{"type": content_type, "text": text}], **more}


async def _add(client: Client, item: dict[str, object], **more: object) -> dict[str, object]:
    await client.send("conversation.item.create", item=item, **more)
    await client.until("conversation.item.added")
    return await client.until("conversation.item.done")


async def test_items_stand_in_the_order_that_was_asked_for(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        first = await _add(client, _message("user", "one", "input_text", id="one"))
        second = await _add(client, _message("assistant", "two", "output_text", id="two"))
        between = await _add(client, _message("system", "half", "input_text"), previous_item_id="one")
        at_root = await _add(client, _message("user", "zero", "input_text"), previous_item_id="root")
    assert [done["previous_item_id"] for done in (first, second, between, at_root)] == [None, "one", "one", None]


async def test_a_talk_is_taken_up_where_another_connection_left_it(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _add(client, _message("assistant", f"{DETAILS} {ASK}", "output_text"))
        await client.hear("Po, patjetër.")
        response = (await client.until("response.done"))["response"]
    assert response["output"][0]["name"] == "record_outcome"


async def test_a_reported_key_is_understood(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _add(client, _message("assistant", f"{DETAILS} {ASK}", "output_text"))
        await _add(client, _message("user", "caller pressed 9", "input_text"))
        await client.send("response.create")
        response = (await client.until("response.done"))["response"]
    assert response["output"][0]["content"][0]["transcript"] == f"{DETAILS} {ASK}"


@pytest.mark.parametrize(
    "item",
    [
        _message("assistant", "x", "input_text"),
        _message("assistant", "x", "text"),
        _message("user", "x", "output_text"),
        {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "audio": "AAAA"}]},
        {"type": "function_call_output", "call_id": "c", "output": {"ok": True}},
        _message("user", "x", "input_text", id="x" * 33),
        {"type": "message", "content": []},
    ],
)
async def test_items_in_another_shape_are_refused(openai_simulator: SimulatorProcess, item: dict[str, object]) -> None:
    async with in_call(openai_simulator.url) as client:
        await client.send("conversation.item.create", item=item, event_id="e")
        error = (await client.until("error"))["error"]
    assert error["event_id"] == "e"
    assert error["param"].startswith("item")


async def test_an_item_is_retrieved_and_deleted(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _add(client, _message("user", "one", "input_text", id="one"))
        await client.send("conversation.item.retrieve", item_id="one")
        assert (await client.until("conversation.item.retrieved"))["item"]["content"][0]["text"] == "one"
        await client.send("conversation.item.delete", item_id="one")
        assert (await client.until("conversation.item.deleted"))["item_id"] == "one"
        await client.send("conversation.item.delete", item_id="one", event_id="again")
        assert (await client.until("error"))["error"]["event_id"] == "again"


async def _spoken(client: Client) -> str:
    response = await client.say_verbatim(f"{DETAILS} {ASK}")
    item_id: str = response["output"][0]["id"]
    return item_id


async def _truncate(client: Client, item_id: str, audio_end_ms: int) -> None:
    where = {"item_id": item_id, "content_index": 0, "audio_end_ms": audio_end_ms}
    await client.send("conversation.item.truncate", event_id="cut", **where)


async def test_what_was_not_heard_is_truncated_with_its_words(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        item_id = await _spoken(client)
        await _truncate(client, item_id, 700)
        truncated = await client.until("conversation.item.truncated")
        await client.send("conversation.item.retrieve", item_id=item_id)
        item = (await client.until("conversation.item.retrieved"))["item"]
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 700)
    assert ASK not in item["content"][0]["transcript"]
    assert openai_simulator.sessions()[0]["truncations"][0]["audio_end_ms"] == 700


async def test_yes_to_a_question_that_was_cut_off_decides_nothing(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _truncate(client, await _spoken(client), 700)
        await client.until("conversation.item.truncated")
        await client.hear("Po, patjetër.")
        response = (await client.until("response.done"))["response"]
    assert response["output"][0]["content"][0]["transcript"] == f"{DETAILS} {ASK}"


async def test_audio_cannot_be_truncated_past_its_end(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _truncate(client, await _spoken(client), 60_000)
        error = (await client.until("error"))["error"]
    assert error["event_id"] == "cut"
    assert error["message"].endswith("is already shorter than 60000ms")


async def test_only_what_the_model_spoke_can_be_truncated(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        await _add(client, _message("assistant", "text", "output_text", id="text"))
        await _truncate(client, "text", 0)
        error = (await client.until("error"))["error"]
        await _truncate(client, "nobody", 0)
        unknown = (await client.until("error"))["error"]
    assert (error["code"], error["message"]) == (None, "Only model output audio messages can be truncated")
    assert "not found" in unknown["message"]


async def test_truncation_counts_in_whole_milliseconds_from_zero(openai_simulator: SimulatorProcess) -> None:
    async with in_call(openai_simulator.url) as client:
        for end in (-1, 10.5):
            where = {"item_id": "x", "content_index": 0, "audio_end_ms": end}
            await client.send("conversation.item.truncate", **where)
            assert (await client.until("error"))["error"]["param"] == "audio_end_ms"


VALID: list[dict[str, object]] = [
    {
        "type": "session.update",
        "event_id": "cfg-1",
        "session": {
            "type": "realtime",
            "instructions": INSTRUCTIONS,
            "audio": {"input": {"format": PCMU}, "output": {"format": PCMU, "voice": "marin"}},
            "tools": TOOLS,
        },
    },
    {"type": "input_audio_buffer.append", "audio": "/////w=="},
    {"type": "input_audio_buffer.commit"},
    {"type": "input_audio_buffer.clear"},
    {"type": "conversation.item.create", "item": _message("user", "x", "input_text"), "previous_item_id": "root"},
    {"type": "conversation.item.create", "item": _message("assistant", "x", "output_text")},
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "c", "output": "{}"}},
    {"type": "conversation.item.retrieve", "item_id": "i"},
    {"type": "conversation.item.delete", "item_id": "i"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 0},
    {"type": "response.create"},
    {"type": "response.create", "response": {"instructions": "«x»", "conversation": "none", "metadata": {"k": "v"}}},
    {"type": "response.cancel", "response_id": "r"},
]


@pytest.mark.parametrize("event", VALID, ids=lambda event: event["type"])
def test_what_the_official_types_describe_is_taken(event: dict[str, object]) -> None:
    CLIENT_EVENT.validate_python(event)
    client_events.check(event)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0},
        {"type": "conversation.item.delete"},
        {"type": "input_audio_buffer.append"},
        {"type": "response.cancelled"},
        {"type": "session.update"},
    ],
)
def test_what_the_official_types_do_not_describe_is_refused(event: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CLIENT_EVENT.validate_python(event)
    with pytest.raises(RefusedError):
        client_events.check(event)
