"""Each trait of the simulated model shows on the wire as the vendor's types allow it; `Client` checks every frame against them."""

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any, Union, get_args, get_origin

import pytest
import websockets
from openai import BaseModel
from openai.types.realtime import RealtimeServerEvent

from simulators.openai_realtime.responses.wording import PREAMBLES
from simulators.openai_realtime.session_context.nulls import DETAILS, IDS
from simulators.speech import voice
from tests.support.simulators.openai import Client, SimulatorProcess, in_call

CONFIRM = "Po, e konfirmoj porosinë."
TWO_SENTENCES = "Kjo është fjalia e parë dhe është mjaft e gjatë. Kjo është fjalia e dytë, edhe ajo e gjatë."


def deltas(client: Client) -> list[dict[str, Any]]:
    return [event for event in client.seen if event["type"] == "response.output_audio.delta"]


async def test_the_first_audio_comes_after_the_time_that_is_asked_for(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(first_audio_s=0.4)
    async with in_call(openai_simulator.url) as client:
        await client.say_verbatim("Po.")
    (record,) = openai_simulator.sessions()[0]["responses"]
    assert 390 < record["first_delta_ms"] - record["created_ms"] < 900


async def test_a_tool_call_is_preceded_by_a_comment_in_the_same_response(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(preamble=1)
    async with in_call(openai_simulator.url) as client:
        await client.hear(CONFIRM)
        speech, call = (await client.until("response.done"))["response"]["output"]
    assert (speech["phase"], call["name"]) == ("commentary", "record_outcome")
    assert speech["content"][0]["transcript"] in PREAMBLES["sq"]
    assert voice.energy(b"".join(base64.b64decode(event["delta"]) for event in deltas(client))) > 500


async def test_two_items_of_one_response_overlap_in_their_deltas(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(two_items=1)
    async with in_call(openai_simulator.url) as client:
        response = await client.say_verbatim(TWO_SENTENCES)
    first, second = response["output"]
    assert (first["phase"], second["phase"]) == ("commentary", "final_answer")
    order = [event["item_id"] for event in deltas(client)]
    assert order[-1] == second["id"]
    assert order.index(second["id"]) < len(order) - 1 - order[::-1].index(first["id"])
    done = [event["item_id"] for event in client.seen if event["type"] == "response.output_audio.done"]
    assert done == [first["id"], second["id"]]
    (record,) = openai_simulator.sessions()[0]["responses"]
    assert sum(item["audio_ms"] for item in record["items"]) == record["audio_ms"]
    assert record["said"] == TWO_SENTENCES


async def test_a_question_in_two_items_is_still_the_question_that_is_answered(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(two_items=1)
    async with in_call(openai_simulator.url, instructions="[read_back_cancel] «Ta anuloj? Thoni po ose jo.»") as client:
        await client.hear("Jo, dua ta anuloj porosinë.")
        await client.until("response.done")
        await client.hear("Po, patjetër.")
        (call,) = (await client.until("response.done"))["response"]["output"]
    assert json.loads(call["arguments"])["outcome"] == "cancelled"


@pytest.mark.parametrize(
    ("trait", "status", "reason"),
    [
        ("no_output", "completed", None),
        ("content_filter", "incomplete", "content_filter"),
        ("max_output_tokens", "incomplete", "max_output_tokens"),
    ],
)
async def test_a_response_ends_without_audio(
    openai_simulator: SimulatorProcess, trait: str, status: str, reason: str | None
) -> None:
    openai_simulator.behave(**{trait: [1]})
    async with in_call(openai_simulator.url) as client:
        response = await client.say_verbatim("Po, mirë.")
        assert (response["status"], (response["status_details"] or {}).get("reason")) == (status, reason)
        assert (response["output"], deltas(client)) == ([], [])
        assert (await client.say_verbatim("Po, mirë."))["output"][0]["content"][0]["transcript"] == "Po, mirë."


async def test_a_response_is_text_only_and_said_when_it_is_asked_for_once_more(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(text_only=[1])
    async with in_call(openai_simulator.url) as client:
        await client.hear("Alo?")
        written = (await client.until("response.done"))["response"]["output"]
        assert deltas(client) == []
        await client.send("response.create")
        spoken = (await client.until("response.done"))["response"]["output"]
    assert written[0]["content"][0]["type"] == "output_text"
    assert spoken[0]["content"][0] == {"type": "output_audio", "transcript": written[0]["content"][0]["text"]}


async def test_a_tool_call_is_no_text(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(text_only=1)
    async with in_call(openai_simulator.url) as client:
        await client.hear(CONFIRM)
        assert (await client.until("response.done"))["response"]["output"][0]["type"] == "function_call"


async def test_a_response_fails_because_of_the_rate(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(rate_limited=[1])
    async with in_call(openai_simulator.url) as client:
        response = await client.say_verbatim("Po.")
    assert response["status_details"]["error"]["type"] == "invalid_request_error"
    assert response["status_details"]["error"]["code"] == "inference_rate_limit_exceeded"


async def test_audio_may_be_digital_silence_with_a_transcript(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(silent_audio=1)
    async with in_call(openai_simulator.url) as client:
        response = await client.say_verbatim("Po, mirë.")
    assert response["output"][0]["content"][0]["transcript"] == "Po, mirë."
    assert {base64.b64decode(event["delta"])[:1] for event in deltas(client)} == {voice.SILENCE}


async def test_the_end_of_a_response_may_never_be_told(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(lost_done=[1])
    async with in_call(openai_simulator.url) as client:
        await client.send("response.create", response={"instructions": "«Po.»"})
        await client.until("conversation.item.done")
        await client.settle()
        assert "response.done" not in client.types()
        assert (await client.say_verbatim("Mirë."))["status"] == "completed"


async def test_words_may_differ_a_little_from_those_that_were_asked_for(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(other_words=1)
    async with in_call(openai_simulator.url) as client:
        said = (await client.say_verbatim(TWO_SENTENCES))["output"][0]["content"][0]["transcript"]
    (record,) = openai_simulator.sessions()[0]["responses"]
    assert (record["said"], record["meant"]) == (said, TWO_SENTENCES)
    assert said != TWO_SENTENCES


@pytest.mark.parametrize("code", ["insufficient_quota", "account_deactivated", "billing_hard_limit_reached", "model_not_found"])
async def test_the_account_s_errors_come_at_the_start_or_in_the_call(openai_simulator: SimulatorProcess, code: str) -> None:
    openai_simulator.behave(error_at_start=True, start_error_code=code)
    with pytest.raises(websockets.ConnectionClosedError) as closed:
        async with in_call(openai_simulator.url):
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.reason.endswith(f".{code}")
    openai_simulator.behave(session_error=[2], session_error_code=code)
    async with in_call(openai_simulator.url) as client:
        await client.say_verbatim("Po.")
        await client.send("response.create")
        assert (await client.until("error"))["error"]["code"] == code
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await client.until("response.done")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4000


async def test_the_session_may_stay_open_behind_an_error(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(session_error=1, session_error_closes=False)
    async with in_call(openai_simulator.url) as client:
        failed = await client.say_verbatim("Po.")
        assert failed["status_details"]["error"]["code"] == "insufficient_quota"
        assert "error" in client.types()


async def test_who_speaks_between_a_call_and_the_end_cancels_a_response_with_a_complete_call(
    openai_simulator: SimulatorProcess,
) -> None:
    openai_simulator.behave(done_delay_ms=2000)
    async with in_call(openai_simulator.url) as client:
        await client.hear(CONFIRM)
        await client.until("response.function_call_arguments.done")
        await client.hear("Alo?")
        response = (await client.until("response.done"))["response"]
    assert (response["status"], response["output"][0]["status"]) == ("cancelled", "completed")


async def test_an_update_may_forget_the_formats(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(forgets_formats=True)
    async with in_call(openai_simulator.url) as client:
        session = await client.update(tool_choice="none")
    assert {session["audio"][side]["format"]["type"] for side in ("input", "output")} == {"audio/pcm"}


async def test_deltas_are_from_20_to_400_ms_long(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(profile="realistic", seed=3, burst=60.0, first_audio_s=0, nulls=0, null_ids=0)
    async with in_call(openai_simulator.url) as client:
        for _ in range(3):
            await client.say_verbatim(TWO_SENTENCES)
    of_item: dict[str, list[float]] = {}
    for event in deltas(client):
        of_item.setdefault(event["item_id"], []).append(len(base64.b64decode(event["delta"])) / 8)
    whole = [ms for sizes in of_item.values() for ms in sizes[:-1]]  # an item's last delta is what is left
    assert 20 <= min(whole) < 100
    assert 300 < max(whole) <= 400


async def test_a_realistic_session_has_a_whole_talk_in_the_vendor_s_types(openai_simulator: SimulatorProcess) -> None:
    openai_simulator.behave(profile="realistic", seed=5, nulls=1, null_ids=1, first_audio_s=0.05, lost_done=0)
    async with in_call(openai_simulator.url) as client:
        for words in ("Alo?", "Çfarë?", CONFIRM):
            await client.hear(words)
            await client.until("response.done")
    assert any(None in event.get("response", {}).values() for event in client.seen)


@pytest.mark.parametrize(("event", "path"), [(name, path) for paths in (DETAILS, IDS) for name in paths for path in paths[name]])
def test_null_is_where_the_vendor_s_types_declare_it(event: str, path: str) -> None:
    assert any(_may_be_null(kind, path.split(".")) for kind in _kinds_of(event))


def _kinds_of(event: str) -> Iterator[type[BaseModel]]:
    for kind in get_args(get_args(RealtimeServerEvent)[0]):
        if event in get_args(kind.model_fields["type"].annotation):
            yield kind


def _may_be_null(kind: object, path: Sequence[str]) -> bool:
    """Return whether the last field of the path, in one of the types that the annotation allows, may be None."""
    name, *rest = path
    for model in _models(kind):
        field = model.model_fields.get(name)
        if field is None:
            continue
        if not rest and type(None) in get_args(field.annotation):
            return True
        if rest and _may_be_null(field.annotation, rest):
            return True
    return False


def _models(kind: object) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        if inner is not Union:
            yield from _models(inner)
