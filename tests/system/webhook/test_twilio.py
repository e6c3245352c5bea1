"""Twilio's requests: callbacks move the confirmation, documents steer the call."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from shared.core.confirmation import Conclusion
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CalleeClassified,
    CallerProven,
    ConversationEnded,
    ConversationLost,
    DisclosurePlayed,
    Fact,
    StreamOpened,
    VerdictGiven,
    Withdrawn,
)
from shared.core.outcome import VerdictKind
from shared.twilio.stream_token import read
from tests.support.claimed_reconciliations import claimed_reconciliations
from tests.support.orders import ALWAYS, verdict
from tests.support.webhook.service import PHONE, Service, small_body

Json = dict[str, Any]  # Any: an answer of the API, of any shape
ATTEMPT = "att_" + "0" * 26
CALL = {"CallSid": "CA1", "From": "+38344000000", "To": PHONE}


@pytest.fixture
async def calling(service: Service) -> Json:
    """A confirmation whose call has just been placed."""
    made = await service.submit(small_body())
    await service.store.confirmations.apply(made["id"], lambda now: AttemptBegun(now, ATTEMPT, "+38344000000"))
    return made


async def _status(service: Service, made: Json, status: str, **extra: str) -> None:
    form = {**CALL, "CallStatus": status, **extra}
    answer = await service.as_twilio(f"/twilio/status/{made['id']}/{ATTEMPT}#rc=2", form)
    assert answer.status_code == 204


async def _shown(service: Service, made: Json) -> Json:
    shown: Json = (await service.client.get(f"/v1/confirmations/{made['id']}")).json()
    return shown


async def _document(service: Service, kind: str, made: Json, **form: str) -> str:
    path = f"/twilio/{kind}/{made['id']}/{ATTEMPT}"
    answer = await service.as_twilio(path, {**CALL, "CallStatus": "in-progress", **form})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    return answer.text


async def _pressed(service: Service, made: Json, key: str) -> str:
    """Press a key, hear the disclosure, and return the document that follows."""
    document = await _document(service, "keypad", made, Digits=key)
    assert "/prompts/sq/disclosure.wav" in document
    assert f"/twilio/after-disclosure/{key}/{made['id']}/{ATTEMPT}#" in document
    assert (await service.store.confirmations.get(made["id"])).attempts[0].verdict is None, "not before it was heard"
    return await _document(service, f"after-disclosure/{key}", made)


async def test_a_decision_that_the_bridge_is_still_writing_at_the_calls_end_counts(service: Service, calling: Json) -> None:
    store = service.store.confirmations
    await store.apply(calling["id"], lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    await _status(service, calling, "completed", CallDuration="9")
    held = await _shown(service, calling)
    assert (held["status"], held["attempts"][0]["result"], held["attempts"][0]["ended_at"]) == ("in_call", None, None)
    await store.apply(calling["id"], lambda now: VerdictGiven(now, ATTEMPT, verdict(VerdictKind.CANCELLED)))
    await store.apply(calling["id"], lambda now: ConversationEnded(now, ATTEMPT, None, "person_hung_up"))
    shown = await _shown(service, calling)
    assert (shown["outcome"], shown["attempts"][0]["duration_s"]) == ("cancelled", 9)


async def test_twilio_is_answered_at_once_while_the_bridge_is_still_writing(service: Service, calling: Json) -> None:
    await service.store.confirmations.apply(calling["id"], lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    async with asyncio.timeout(1):  # less than the bridge is waited for
        await _status(service, calling, "completed", CallDuration="9")


async def test_a_bridge_that_says_nothing_holds_no_call_open(service: Service, calling: Json) -> None:
    await service.store.confirmations.apply(calling["id"], lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    await _status(service, calling, "completed", CallDuration="9")
    assert await claimed_reconciliations(service.store) == [calling["id"]], "the dialer looks at it when the wait is over"
    confirmation, now = await service.store.confirmations.get_with_time(calling["id"])
    assert due_reconciliation(confirmation, ALWAYS, now) is Reconciliation.END_CALL
    await service.store.confirmations.apply(calling["id"], lambda now: ConversationLost(now, ATTEMPT))
    assert (await _shown(service, calling))["attempts"][0]["result"] == "undecided"


async def test_the_end_of_a_customers_own_call_waits_for_the_bridge_too(service: Service) -> None:
    made = await service.submit(small_body())
    form = {"CallSid": "CA7", "From": PHONE, "CallStatus": "ringing"}
    await service.as_twilio("/incoming-call", form)
    attempt_id = (await service.store.confirmations.get(made["id"])).attempts[0].id
    store = service.store.confirmations
    await store.apply(made["id"], lambda now: StreamOpened(now, attempt_id, "CA7", "MZ1"))
    await store.apply(made["id"], lambda now: CallerProven(now, attempt_id))
    await service.as_twilio("/twilio/incoming-status", {**form, "CallStatus": "completed", "CallDuration": "5"})
    assert (await _shown(service, made))["status"] == "in_call"
    await store.apply(made["id"], lambda now: VerdictGiven(now, attempt_id, verdict(VerdictKind.CONFIRMED)))
    await store.apply(made["id"], lambda now: ConversationEnded(now, attempt_id, None, "person_hung_up"))
    assert (await _shown(service, made))["outcome"] == "confirmed"


async def test_a_key_pressed_after_the_bridge_died_counts_though_the_call_has_ended(service: Service, calling: Json) -> None:
    await service.store.confirmations.apply(calling["id"], lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    await _document(service, "after-stream", calling)
    await _status(service, calling, "completed", CallDuration="9")
    await _document(service, "keypad", calling, Digits="1")
    await _document(service, "after-disclosure/1", calling)
    assert (await _shown(service, calling))["outcome"] == "confirmed"


async def test_callbacks_carry_a_call_from_ringing_to_its_end(service: Service, calling: Json) -> None:
    await _status(service, calling, "initiated")
    await _status(service, calling, "ringing")
    assert (await _shown(service, calling))["attempts"][0]["call_sid"] == "CA1"
    await _status(service, calling, "in-progress")
    assert (await _shown(service, calling))["status"] == "in_call"
    await _status(service, calling, "completed", CallDuration="31")
    shown = await _shown(service, calling)
    assert (shown["status"], shown["attempts"][0]["result"], shown["attempts"][0]["duration_s"]) == (
        "waiting",
        "undecided",
        31,
    )


async def test_late_and_doubled_callbacks_change_nothing(service: Service, calling: Json) -> None:
    await _status(service, calling, "busy", SipResponseCode="486")
    before = await _shown(service, calling)
    for status in ("busy", "ringing", "in-progress", "completed", "initiated", "made-up"):
        await _status(service, calling, status)
    assert await _shown(service, calling) == before
    assert (before["attempts"][0]["result"], before["attempts"][0]["reason"]) == ("busy", "busy, SIP 486")


async def test_callbacks_of_nothing_we_know_are_taken_and_forgotten(service: Service) -> None:
    form = {**CALL, "CallStatus": "completed", "AnsweredBy": "human"}
    for kind in ("status", "amd"):
        answer = await service.as_twilio(f"/twilio/{kind}/cnf_{'0' * 26}/{ATTEMPT}", form)
        assert answer.status_code == 204
    for kind in ("after-stream", "keypad", "after-disclosure/1", "silence"):
        answer = await service.as_twilio(f"/twilio/{kind}/cnf_{'0' * 26}/{ATTEMPT}", form)
        assert "<Hangup" in answer.text


async def test_the_machine_detections_verdict_is_kept(service: Service, calling: Json) -> None:
    path = f"/twilio/amd/{calling['id']}/{ATTEMPT}"
    answers = [await service.as_twilio(path, {**CALL, **extra}) for extra in ({}, {"AnsweredBy": "machine_start"})]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert (await _shown(service, calling))["attempts"][0]["answered_by"] == "machine_start"


async def test_a_call_that_lost_its_stream_is_asked_for_a_key(service: Service, calling: Json) -> None:
    document = await _document(service, "after-stream", calling)
    assert document.count("<Gather") == 2
    assert "/prompts/sq/keypad.wav" in document
    assert (await _shown(service, calling))["status"] == "in_call", "a document asked for is an answered call"
    assert (await _document(service, "keypad", calling, Digits="7")).count("<Gather") == 2
    assert (await _document(service, "keypad", calling, Digits="9")).count("<Gather") == 2


@pytest.mark.parametrize(("key", "outcome"), [("1", "confirmed"), ("2", "cancelled"), ("3", "opted_out")])
async def test_a_key_decides(service: Service, calling: Json, key: str, outcome: str) -> None:
    await _document(service, "after-stream", calling)
    document = await _pressed(service, calling, key)
    assert f"/prompts/sq/goodbye_{outcome}.wav" in document
    assert "<Hangup" in document
    assert (await service.client.get(f"/prompts/sq/goodbye_{outcome}.wav")).headers["content-type"] == "audio/wav"
    attempt = (await service.store.confirmations.get(calling["id"])).attempts[0]
    assert attempt.verdict is not None
    assert (attempt.conclusion, attempt.stream_closed_at) == (None, attempt.verdict.at), "both are of one moment: one commit"
    assert attempt.disclosure_played_at == attempt.verdict.at
    assert "<Hangup" in await _document(service, "keypad", calling, Digits="2"), "the first key stands"
    await _status(service, calling, "completed", CallDuration="9")
    shown = await _shown(service, calling)
    assert (shown["outcome"], shown["evidence"]["channel"]) == (outcome, "keypad")
    assert await service.store.opt_outs.contains("shopaz", PHONE) is (outcome == "opted_out")


async def test_who_hangs_up_over_the_disclosure_has_decided_nothing(service: Service, calling: Json) -> None:
    await _document(service, "after-stream", calling)
    document = await _document(service, "keypad", calling, Digits="3")
    assert re.search(r"<Play>\S+/prompts/sq/disclosure.wav</Play><Redirect[^>]*>\S+/twilio/after-disclosure/3/", document)
    assert await _document(service, "keypad", calling, Digits="3") == document, "Twilio may ask twice"
    await _status(service, calling, "completed", CallDuration="4")
    shown = await _shown(service, calling)
    assert (shown["outcome"], shown["attempts"][0]["result"]) == (None, "undecided")
    assert shown["attempts"][0]["disclosure_played_at"] is None
    assert not await service.store.opt_outs.contains("shopaz", PHONE)
    assert "<Hangup" in await _document(service, "after-disclosure/3", calling), "too late"
    assert (await _shown(service, calling)) == shown


async def test_a_key_decides_at_once_if_the_disclosure_was_heard_before_the_bridge_died(service: Service, calling: Json) -> None:
    await service.store.confirmations.apply(calling["id"], lambda now: StreamOpened(now, ATTEMPT, "CA1", "MZ1"))
    await service.store.confirmations.apply(calling["id"], lambda now: DisclosurePlayed(now, ATTEMPT))
    await _document(service, "after-stream", calling)
    assert "/prompts/sq/goodbye_confirmed.wav" in await _document(service, "keypad", calling, Digits="1")


async def test_no_other_key_is_reported_after_the_disclosure(service: Service, calling: Json) -> None:
    await _document(service, "after-stream", calling)
    assert (await _document(service, "after-disclosure/7", calling)).count("<Gather") == 2
    assert (await service.store.confirmations.get(calling["id"])).attempts[0].verdict is None


async def test_a_call_without_a_key_ends_as_our_error(service: Service, calling: Json) -> None:
    await _document(service, "after-stream", calling)
    assert "<Hangup" in await _document(service, "silence", calling)
    await _status(service, calling, "completed")
    assert (await _shown(service, calling))["attempts"][0]["result"] == "error"


@pytest.mark.parametrize(
    "fact",
    [
        lambda now: VerdictGiven(now, ATTEMPT, verdict(VerdictKind.CALLBACK_REQUESTED, now)),
        lambda now: ConversationEnded(now, ATTEMPT, Conclusion.UNDECIDED, "end_call"),
        lambda now: CalleeClassified(now, ATTEMPT, "machine_start"),
        Withdrawn,
    ],
)
async def test_a_conversation_that_came_to_its_end_is_hung_up(
    service: Service, calling: Json, fact: Callable[[datetime], Fact]
) -> None:
    await service.store.confirmations.apply(calling["id"], lambda now: CallAnswered(now, ATTEMPT, "CA1"))
    await service.store.confirmations.apply(calling["id"], fact)
    document = await _document(service, "after-stream", calling)
    assert "<Hangup" in document
    assert "<Gather" not in document


async def test_a_customer_who_phones_us_is_connected_about_the_newest_order(service: Service) -> None:
    await service.submit(small_body(1))
    newest = await service.submit(small_body(2))
    form = {"CallSid": "CA7", "From": PHONE, "To": "+38344000000", "CallStatus": "ringing"}
    answer = await service.as_twilio("/incoming-call", form)
    token = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert token is not None
    confirmation_id, attempt_id = read(("s" * 32,), token[1]) or ("", "")
    shown = await _shown(service, newest)
    assert confirmation_id == newest["id"]
    assert (shown["status"], shown["attempts"][0]["direction"]) == ("in_call", "inbound")
    assert f"/twilio/after-stream/{confirmation_id}/{attempt_id}" in answer.text
    repeated = await service.as_twilio("/incoming-call", form)
    assert repeated.text == answer.text, "Twilio may ask twice"
    ended = await service.as_twilio("/twilio/incoming-status", {**form, "CallStatus": "completed", "CallDuration": "5"})
    assert ended.status_code == 204
    assert (await _shown(service, newest))["attempts"][0]["duration_s"] == 5


async def test_a_second_call_of_the_same_customer_is_about_the_next_order(service: Service) -> None:
    orders = [await service.submit(small_body(number)) for number in (1, 2)]
    for call_sid in ("CA1", "CA2", "CA3"):
        answer = await service.as_twilio("/incoming-call", {"CallSid": call_sid, "From": PHONE})
        assert ("<Stream" in answer.text) is (call_sid != "CA3")
    assert [(await _shown(service, order))["attempts"][0]["call_sid"] for order in orders] == ["CA2", "CA1"]


@pytest.mark.parametrize("caller", ["", "anonymous", "client:arta", "+38344999999", "+14155552671"])
async def test_who_has_no_order_hears_so_and_nothing_else(service: Service, caller: str) -> None:
    made = await service.submit(small_body())
    answer = await service.as_twilio("/incoming-call", {"CallSid": "CA1", "From": caller})
    assert re.search(r"<Play>\S+/prompts/\w\w/no_order.wav</Play><Hangup", answer.text)
    assert made["id"] not in answer.text
    assert (await _shown(service, made))["attempts"] == []


async def test_without_twilios_signature_nothing_happens(service: Service, calling: Json) -> None:
    before = await _shown(service, calling)
    for kind in ("status", "amd", "after-stream", "keypad", "after-disclosure/2", "proof/0", "silence"):
        path = f"/twilio/{kind}/{calling['id']}/{ATTEMPT}"
        answer = await service.client.post(path, data={**CALL, "CallStatus": "completed", "Digits": "2"})
        assert (answer.status_code, answer.json()["code"]) == (403, "invalid_signature")
    assert await _shown(service, calling) == before


async def test_recordings_are_public_and_can_be_cached(service: Service) -> None:
    first = await service.client.get("/prompts/sq/keypad.wav", headers={"authorization": ""})
    assert (first.status_code, first.content[:4]) == (200, b"RIFF")
    tag = {"if-none-match": first.headers["etag"]}
    assert (await service.client.get("/prompts/sq/keypad.wav", headers=tag)).status_code == 304
    for path in ("/prompts/sq/secret.wav", "/prompts/xx/keypad.wav", "/prompts/sq/..%2f..%2fsq.toml"):
        assert (await service.client.get(path)).status_code == 404
