"""Customers who phone us: what their number counts for, how often they may, and that they always find their order."""

import asyncio
import json
import re
from typing import Any

import pytest

from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallEnded,
    CallPlaced,
    ConversationEnded,
    InboundCallArrived,
    ProofFailed,
    StreamOpened,
    VerdictGiven,
)
from shared.core.outcome import VerdictKind
from shared.twilio.stream_token import read
from tests.support.orders import verdict
from tests.support.webhook.service import PHONE, Service, make_service, small_body

Json = dict[str, Any]  # Any: an answer of the API, of any shape
OURS = "att_" + "0" * 26


async def phone_in(service: Service, call_sid: str = "CA7", *, caller: str = PHONE) -> str:
    form = {"CallSid": call_sid, "From": caller, "To": "+38344000000", "CallStatus": "ringing"}
    return (await service.as_twilio("/incoming-call", form)).text


async def shown(service: Service, made: Json) -> Json:
    view: Json = (await service.client.get(f"/v1/confirmations/{made['id']}")).json()
    return view


async def attempt_of(service: Service, made: Json) -> str:
    return (await service.store.confirmations.get(made["id"])).attempts[-1].id


async def document(service: Service, kind: str, made: Json, *, call_sid: str = "CA7", **form: str) -> str:
    path = f"/twilio/{kind}/{made['id']}/{await attempt_of(service, made)}"
    return (await service.as_twilio(path, {"CallSid": call_sid, "CallStatus": "in-progress", **form})).text


@pytest.fixture
async def without_stream(service: Service) -> Json:
    """An order whose customer phoned us and lost the stream."""
    made = await service.submit(small_body(10482))
    await phone_in(service)
    assert "/prompts/sq/prove.wav" in await document(service, "after-stream", made)
    return made


@pytest.mark.parametrize("key", ["1", "2", "3"])
async def test_no_key_decides_before_the_proof_though_the_bridge_is_away(service: Service, without_stream: Json, key: str) -> None:
    for kind in ("keypad", f"after-disclosure/{key}", "proof/0"):
        assert "prove.wav" in await document(service, kind, without_stream, Digits=key)
    view = await shown(service, without_stream)
    assert (view["outcome"], view["attempts"][0]["result"]) == (None, None)


async def test_the_keys_that_prove_the_order_let_the_next_ones_decide(service: Service, without_stream: Json) -> None:
    order_id = (await service.store.confirmations.get(without_stream["id"])).order.id
    assert "keypad.wav" in await document(service, "proof/2", without_stream, Digits=order_id[-4:])
    await document(service, "keypad", without_stream, Digits="2")
    await document(service, "after-disclosure/2", without_stream)
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    assert (await shown(service, without_stream))["outcome"] == "cancelled"


async def test_the_third_wrong_keys_end_the_call_and_move_nothing(service: Service, without_stream: Json) -> None:
    planned = without_stream["next_attempt_at"]
    assert f"/twilio/proof/1/{without_stream['id']}" in await document(service, "proof/0", without_stream, Digits="9999")
    assert f"/twilio/proof/2/{without_stream['id']}" in await document(service, "proof/1", without_stream, Digits="9998")
    assert "goodbye.wav" in await document(service, "proof/2", without_stream, Digits="9997")
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    view = await shown(service, without_stream)
    assert (view["attempts"][0]["result"], view["outcome"], view["next_attempt_at"]) == ("undecided", None, planned)


async def test_what_was_wrong_on_the_stream_counts_after_it(service: Service, without_stream: Json) -> None:
    store, attempt = service.store.confirmations, await attempt_of(service, without_stream)
    await store.apply(without_stream["id"], lambda now: ProofFailed(now, attempt, 2))
    assert f"/twilio/proof/2/{without_stream['id']}" in await document(service, "after-stream", without_stream)
    await store.apply(without_stream["id"], lambda now: ProofFailed(now, attempt, 3))
    assert "goodbye.wav" in await document(service, "after-stream", without_stream)
    order_id = (await store.get(without_stream["id"])).order.id
    assert "goodbye.wav" in await document(service, "proof/2", without_stream, Digits=order_id[-4:]), "the fourth try is none"


async def test_keys_that_twilio_tells_twice_are_one_try(service: Service, without_stream: Json) -> None:
    for _ in range(2):
        assert f"/twilio/proof/1/{without_stream['id']}" in await document(service, "proof/0", without_stream, Digits="9999")
    assert (await service.store.confirmations.get(without_stream["id"])).attempts[-1].proof_failures == 1


async def test_the_star_asks_for_a_call_back_which_is_due_at_once(service: Service, without_stream: Json) -> None:
    assert "goodbye.wav" in await document(service, "proof/0", without_stream, Digits="*")
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    view = await shown(service, without_stream)
    assert (view["attempts"][0]["result"], view["status"]) == ("callback_requested", "queued")


async def test_a_second_star_within_a_day_asks_for_the_proof_again_and_moves_nothing(
    service: Service, without_stream: Json
) -> None:
    await document(service, "proof/0", without_stream, Digits="*")
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    await phone_in(service, "CA8")
    assert "proof/1" in await document(service, "proof/0", without_stream, call_sid="CA8", Digits="*")
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA8", "From": PHONE, "CallStatus": "completed"})
    assert (await shown(service, without_stream))["attempts"][1]["result"] == "undecided"


async def test_a_number_is_trusted_only_if_the_operator_says_so(valkey_url: str) -> None:
    trusting = make_service(valkey_url, INBOUND_PROOF="off")
    made = await trusting.submit(small_body())
    await phone_in(trusting)
    assert "keypad.wav" in await document(trusting, "after-stream", made)
    await trusting.client.aclose()
    await trusting.store.close()


async def test_a_number_calls_so_often_and_then_hears_a_stored_sentence(valkey_url: str) -> None:
    strict = make_service(valkey_url, MAX_INBOUND_PER_NUMBER="3/60")
    for number in range(6):
        await strict.submit(small_body(number))
    answers = await asyncio.gather(*(phone_in(strict, f"CA{number}") for number in range(6)))
    assert sum("<Stream" in answer for answer in answers) == 3
    refused = next(answer for answer in answers if "<Stream" not in answer)
    assert re.search(r"<Play>\S+/prompts/\w\w/too_many_calls.wav</Play><Hangup", refused)
    taken = next(f"CA{number}" for number, answer in enumerate(answers) if "<Stream" in answer)
    assert "<Stream" in await phone_in(strict, taken), "Twilio may ask again about a call that was taken"
    await strict.submit(small_body(9, phone="+38344999999"))
    assert "<Stream" in await phone_in(strict, "CA9", caller="+38344999999"), "another number has a count of its own"
    assert not [key for key in await strict.store.client.keys("inbound:*") if PHONE.encode() in key]
    await strict.client.aclose()
    await strict.store.close()


@pytest.fixture
async def ringing(service: Service) -> Json:
    """An order about which we ring its customer."""
    await service.submit(small_body(1))
    made = await service.submit(small_body(2))
    await service.submit(small_body(3))
    await service.store.confirmations.apply(made["id"], lambda now: AttemptBegun(now, OURS, "+38344000000"))
    await service.store.confirmations.apply(made["id"], lambda now: CallPlaced(now, OURS, "CA1"))
    return made


async def test_who_phones_while_we_ring_is_connected_to_this_very_conversation(service: Service, ringing: Json) -> None:
    token = re.search(r'name="token" value="([^"]+)"', await phone_in(service))
    assert token is not None
    assert read(("s" * 32,), token[1]) == (ringing["id"], OURS)
    view = await shown(service, ringing)
    assert (view["status"], len(view["attempts"]), view["attempts"][0]["call_sid"]) == ("in_call", 1, "CA7")
    assert "<Hangup" in await document(service, "after-stream", ringing, call_sid="CA1"), "our own call has no part in it any more"
    await service.as_twilio(f"/twilio/status/{ringing['id']}/{OURS}", {"CallSid": "CA1", "CallStatus": "busy"})
    assert (await shown(service, ringing))["status"] == "in_call"
    assert "prove.wav" in await document(service, "after-stream", ringing), "and the caller still proves to know the order"


async def test_who_hangs_up_and_phones_again_at_once_finds_the_order(service: Service) -> None:
    made = await service.submit(small_body())
    await phone_in(service, "CA1")
    attempt_id = await attempt_of(service, made)
    store = service.store.confirmations
    await store.apply(made["id"], lambda now: StreamOpened(now, attempt_id, "CA1", "MZ1"))
    await store.apply(made["id"], lambda now: CallEnded(now, attempt_id, None, "CA1"))  # held: the bridge has died
    assert "<Stream" in await phone_in(service, "CA2")
    view = await shown(service, made)
    assert [attempt["result"] for attempt in view["attempts"]] == ["undecided", None]


async def test_what_the_bridge_writes_meanwhile_counts(service: Service) -> None:
    made = await service.submit(small_body())
    store = service.store.confirmations
    await store.apply(made["id"], lambda now: AttemptBegun(now, OURS, "+38344000000"))
    await store.apply(made["id"], lambda now: StreamOpened(now, OURS, "CA1", "MZ1"))
    await store.apply(made["id"], lambda now: CallEnded(now, OURS, None, "CA1"))
    async with asyncio.TaskGroup() as group:
        answer = group.create_task(phone_in(service, "CA2"))
        await store.apply(made["id"], lambda now: VerdictGiven(now, OURS, verdict(VerdictKind.CONFIRMED)))
        await store.apply(made["id"], lambda now: ConversationEnded(now, OURS, None, "person_hung_up"))
    assert "<Stream" in answer.result(), "to add something to the order, which is finished"
    view = await shown(service, made)
    assert (view["outcome"], view["attempts"][0]["result"]) == ("confirmed", "confirmed")


async def test_who_phones_after_the_order_is_finished_may_add_to_it_and_the_outcome_stays(service: Service) -> None:
    made = await service.submit(small_body(10482))
    store = service.store.confirmations
    await store.apply(made["id"], lambda now: AttemptBegun(now, OURS, "+38344000000"))
    await store.apply(made["id"], lambda now: VerdictGiven(now, OURS, verdict(VerdictKind.CONFIRMED)))
    await store.apply(made["id"], lambda now: CallEnded(now, OURS, None, "CA1"))
    assert "<Stream" in await phone_in(service)
    await document(service, "after-stream", made)
    assert "proof/1" in await document(service, "proof/0", made, Digits="*"), "nobody is called about it any more"
    await document(service, "proof/0", made, Digits="0482")
    await document(service, "keypad", made, Digits="2")
    assert "/goodbye.wav" in await document(service, "after-disclosure/2", made), "not that it is cancelled"
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    view = await shown(service, made)
    assert (view["status"], view["outcome"], [one["result"] for one in view["attempts"]]) == (
        "finished",
        "confirmed",
        ["confirmed", "cancelled"],
    )
    entries = [json.loads(fields[b"event"]) for _, fields in await service.store.client.xrange("outcomes:shopaz:log")]
    assert [event["type"] for event in entries] == ["confirmation.finished", "confirmation.late_reply"]
    late = entries[-1]["data"]
    assert (late["outcome"], late["last_result"], late["evidence"]["channel"]) == ("confirmed", "cancelled", "keypad")
    await service.store.erasure.customers.erase("shopaz", PHONE)
    assert await service.store.client.xlen("outcomes:shopaz:log") == 0, "both are erased with the customer"


async def test_nobody_is_rung_who_is_on_the_phone_with_us_about_a_finished_order(service: Service) -> None:
    store = service.store.confirmations
    first, second = await service.submit(small_body(10482)), await service.submit(small_body(10483))
    await store.apply(first["id"], lambda now: AttemptBegun(now, OURS, "+38344000000"))
    await store.apply(first["id"], lambda now: VerdictGiven(now, OURS, verdict(VerdictKind.CONFIRMED)))
    await store.apply(first["id"], lambda now: CallEnded(now, OURS, None, "CA1"))
    await store.apply(first["id"], lambda now: InboundCallArrived(now, "att_" + "2" * 26, "CA7"))
    rings = lambda now: AttemptBegun(now, "att_" + "1" * 26, "+38344000000")  # noqa: E731 - the same fact twice
    assert (await store.apply(second["id"], rings)).confirmation.open_attempt is None
    again = await service.client.post("/v1/confirmations", json={**small_body(10482), "company": "Another"})
    assert again.status_code == 202, "the order is finished, whoever is talking about it"
    await store.apply(first["id"], lambda now: CallEnded(now, "att_" + "2" * 26, None, "CA7"))
    assert (await store.apply(second["id"], rings)).confirmation.open_attempt is not None


async def test_one_order_under_a_strangers_number_does_not_silence_the_others(service: Service) -> None:
    await service.submit(small_body(10482))
    trifle = await service.submit(small_body(77777))
    await phone_in(service)
    await document(service, "after-stream", trifle)
    await document(service, "proof/0", trifle, Digits="7777")
    await document(service, "keypad", trifle, Digits="3")
    assert "/goodbye.wav" in await document(service, "after-disclosure/3", trifle), "not that nobody ever calls again"
    await service.as_twilio("/twilio/incoming-status", {"CallSid": "CA7", "From": PHONE, "CallStatus": "completed"})
    assert (await shown(service, trifle))["outcome"] == "opted_out"
    assert not await service.store.opt_outs.contains("shopaz", PHONE)
    await service.submit(small_body(3))
