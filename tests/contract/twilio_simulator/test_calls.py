"""The course of simulated calls: states, signed callbacks, machine detection, inbound calls, and callbacks with faults."""

import asyncio
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from simulators.lateness import slack_ms
from tests.support.simulators.twilio import ACCOUNT, ARTA, SHOP, FarEnd, Received, TwilioSimulator, eventually

QUIET = "<Response><Pause length='60'/></Response>"
ALL = ["initiated", "ringing", "answered", "completed"]


def statuses(far: FarEnd) -> list[str]:
    """Return the statuses in the order of sending; callbacks sent within a millisecond or two may arrive in any order."""
    return [one.form["CallStatus"] for one in _in_order(far)]


def arrived(far: FarEnd) -> list[str]:
    return [one.form["CallStatus"] for one in far.at("/status")]


async def follow(twilio: TwilioSimulator, far: FarEnd, *attempts: object, **parameters: object) -> dict[str, Any]:
    """Make a call, and return it when it has ended and all its callbacks have arrived."""
    twilio.script(ARTA, *attempts)
    wanted = {"Twiml": QUIET, "StatusCallback": far.origin + "/status", "StatusCallbackEvent": ALL, **parameters}
    sid = twilio.create(**wanted)["sid"]
    ledger = await twilio.ended(sid)
    await eventually(lambda: _are_all_here(far))
    return ledger


def _in_order(far: FarEnd) -> list[Received]:
    return sorted(far.at("/status"), key=lambda one: int(one.form["SequenceNumber"]))


def _are_all_here(far: FarEnd) -> bool:
    finals = _finals(far)
    return bool(finals) and len(far.at("/status")) == int(finals[0].form["SequenceNumber"]) + 1


def _finals(far: FarEnd) -> list[Received]:
    return [one for one in far.at("/status") if "CallDuration" in one.form]


@pytest.mark.parametrize(
    ("attempt", "ending", "reason", "sip_code"),
    [
        ({"busy": 1}, "busy", "busy", "486"),
        ({"declined": {"sip_code": 603, "ring_s": 1}}, "busy", "declined", "603"),
        ({"declined": {"sip_code": 608, "ring_s": 1}}, "busy", "declined", "608"),
        ("no_answer", "no-answer", "no_answer", "487"),
        ({"answer": {"ring_s": 30}}, "no-answer", "no_answer", "487"),
        ({"answer": ["hang_up"]}, "completed", "person_hung_up", "200"),
        ({"machine": {"greeting": "", "beep": False, "records_s": 0}}, "completed", "tape_full", "200"),
    ],
)
async def test_a_call_that_rings_ends_as_scripted(
    twilio: TwilioSimulator, far: FarEnd, attempt: object, ending: str, reason: str, sip_code: str
) -> None:
    ledger = await follow(twilio, far, attempt, Timeout=5)

    assert [ledger["status"], ledger["end_reason"]] == [ending, reason]
    middle = ["in-progress"] if ending == "completed" else []
    assert statuses(far) == ["initiated", "ringing", *middle, ending]
    assert _finals(far)[0].form["SipResponseCode"] == sip_code


async def test_a_call_that_fails_never_rings(twilio: TwilioSimulator, far: FarEnd) -> None:
    await follow(twilio, far, {"failed": 404})

    assert statuses(far) == ["initiated", "failed"]
    assert _finals(far)[0].form["SipResponseCode"] == "404"


async def test_every_callback_is_signed_and_complete(twilio: TwilioSimulator, far: FarEnd) -> None:
    ledger = await follow(twilio, far, {"answer": ["hang_up"]})

    received = _in_order(far)
    assert all(one.signed for one in received)
    assert [one.form["SequenceNumber"] for one in received] == ["0", "1", "2", "3"]
    assert len({one.headers["i-twilio-idempotency-token"] for one in received}) == 4
    last = received[-1].form
    assert (
        last
        | {
            "CallSid": ledger["sid"],
            "AccountSid": ACCOUNT,
            "From": SHOP,
            "To": ARTA,
            "Caller": SHOP,
            "Called": ARTA,
            "Direction": "outbound-api",
            "ApiVersion": "2010-04-01",
            "CallbackSource": "call-progress-events",
            "CallDuration": "1",
            "Duration": "1",
        }
        == last
    )
    assert parsedate_to_datetime(last["Timestamp"]).utcoffset() is not None


async def test_only_the_events_asked_for_come(twilio: TwilioSimulator, far: FarEnd) -> None:
    await follow(twilio, far, {"busy": 1}, StatusCallbackEvent=["ringing", "completed"])

    assert statuses(far) == ["ringing", "busy"]


async def test_a_cancelled_ringing_call_tells_and_attempts_count_up(twilio: TwilioSimulator, far: FarEnd) -> None:
    twilio.script(ARTA, "no_answer", {"busy": 0})
    sid = twilio.create(Twiml=QUIET, StatusCallback=far.origin + "/status")["sid"]
    await eventually(lambda: twilio.ledger(sid)["status"] == "ringing")
    twilio.rest("POST", f"/Calls/{sid}.json", data={"Status": "canceled"})
    await eventually(lambda: statuses(far) == ["canceled"])

    second = await twilio.ended(twilio.create(Twiml=QUIET)["sid"])

    assert (second["attempt"], second["status"]) == (2, "busy")


async def test_a_time_limit_ends_a_call_and_the_ledger_says_so(twilio: TwilioSimulator, far: FarEnd) -> None:
    ledger = await follow(twilio, far, {"answer": {"ring_s": 0}}, TimeLimit=1)

    assert (ledger["status"], ledger["end_reason"]) == ("completed", "time_limit")
    assert 1000 <= ledger["ended_ms"] - ledger["answered_ms"] <= 2000 + slack_ms(ledger, [])


async def test_patience_ends_a_wait(twilio: TwilioSimulator, far: FarEnd) -> None:
    ledger = await follow(twilio, far, {"answer": {"ring_s": 0, "patience_s": 0.3}})

    assert ledger["end_reason"] == "patience"


@pytest.mark.parametrize(
    ("attempt", "mode", "verdict"),
    [
        ({"answer": {"ring_s": 0, "amd": {"verdict": "human", "after_s": 2}}}, "Enable", "human"),
        ({"answer": {"ring_s": 0, "amd": {"verdict": "fax", "after_s": 2}}}, "DetectMessageEnd", "fax"),
        ({"machine": {"greeting": "Lini mesazh", "ring_s": 0}}, "Enable", "machine_start"),
        ({"machine": {"greeting": "Lini mesazh", "ring_s": 0}}, "DetectMessageEnd", "machine_end_beep"),
    ],
)
async def test_the_verdict_of_async_detection(
    twilio: TwilioSimulator, far: FarEnd, attempt: object, mode: str, verdict: str
) -> None:
    twilio.script(ARTA, attempt)
    parameters = {"MachineDetection": mode, "AsyncAmd": "true", "AsyncAmdStatusCallback": far.origin + "/amd"}
    sid = twilio.create(Twiml=QUIET, **parameters)["sid"]

    [told] = await eventually(lambda: far.at("/amd"))

    assert told.signed
    assert set(told.form) == {"CallSid", "AccountSid", "AnsweredBy", "MachineDetectionDuration"}
    assert (told.form["CallSid"], told.form["AnsweredBy"]) == (sid, verdict)
    coarse = {"human": "human", "fax": None}.get(verdict, "machine")
    assert twilio.rest("GET", f"/Calls/{sid}.json").json()["answered_by"] == coarse


async def test_a_verdict_may_come_after_the_end(twilio: TwilioSimulator, far: FarEnd) -> None:
    amd = {"verdict": "human", "after_s": 30, "after_end": True}
    parameters = {"MachineDetection": "Enable", "AsyncAmd": "true", "AsyncAmdStatusCallback": far.origin + "/amd"}
    ledger = await follow(twilio, far, {"answer": {"ring_s": 0, "steps": ["hang_up"], "amd": amd}}, **parameters)

    assert far.at("/amd") == []
    assert ledger["answered_by"] is None
    await eventually(lambda: far.at("/amd"))


async def test_sync_detection_asks_for_the_document_only_with_its_verdict(twilio: TwilioSimulator, far: FarEnd) -> None:
    url = far.say("/voice", "<Response><Hangup/></Response>")
    twilio.script(ARTA, {"machine": {"ring_s": 0}})
    callback = far.origin + "/status"
    ledger = await twilio.ended(twilio.create(Url=url, MachineDetection="Enable", StatusCallback=callback)["sid"])
    [told] = await eventually(lambda: far.at("/status"))

    assert told.form["AnsweredBy"] == "machine_start"
    assert far.at("/voice")[0].form["AnsweredBy"] == "machine_start"
    assert ledger["end_reason"] == "twiml_hangup"


async def test_callbacks_go_wrong_as_ordered(twilio: TwilioSimulator, far: FarEnd) -> None:
    twilio.faults(
        {"fault": "callback_dropped", "event": "initiated"},
        {"fault": "callback_duplicated", "event": "ringing"},
        {"fault": "callback_delayed", "event": "answered", "delay_s": 0.8},
    )
    await follow(twilio, far, {"answer": ["hang_up"]})
    await eventually(lambda: len(far.received) == 4)

    assert arrived(far) == ["ringing", "ringing", "completed", "in-progress"]
    twice = far.at("/status")[:2]
    assert len({one.headers["i-twilio-idempotency-token"] for one in twice}) == 1
    assert [one.form["SequenceNumber"] for one in far.at("/status")] == ["1", "1", "3", "2"]


async def test_shuffled_callbacks_overtake_each_other(twilio: TwilioSimulator, far: FarEnd) -> None:
    twilio.faults({"fault": "callback_shuffled", "delay_s": 1.0}, seed=3)
    await follow(twilio, far, {"busy": 0})
    await eventually(lambda: len(far.received) == 3)

    assert sorted(statuses(far)) == ["busy", "initiated", "ringing"]
    assert arrived(far) != ["initiated", "ringing", "busy"]


async def test_a_callback_that_fails_is_a_warning_and_one_to_nowhere_an_error(twilio: TwilioSimulator, far: FarEnd) -> None:
    far.answers["/status"] = (500, "", b"")
    bad = await follow(twilio, far, {"busy": 0}, StatusCallbackEvent="completed")
    lost = await twilio.ended(twilio.create(Twiml=QUIET, StatusCallback="http://127.0.0.1:9/s")["sid"])

    assert await eventually(lambda: [warning["code"] for warning in twilio.ledger(bad["sid"])["warnings"]]) == [15003]
    assert len(far.received) == 1, "a 5xx is not retried by default"
    assert await eventually(lambda: [error["code"] for error in twilio.ledger(lost["sid"])["errors"]]) == [11205]


async def test_retries_that_were_asked_for_carry_the_same_token(twilio: TwilioSimulator, far: FarEnd) -> None:
    far.answers["/status"] = (503, "", b"")
    twilio.script(ARTA, {"busy": 0})
    twilio.create(Twiml=QUIET, StatusCallback=far.origin + "/status#rc=2&rp=5xx")
    await eventually(lambda: len(far.received) == 3)

    assert all(one.signed for one in far.received)
    assert len({one.headers["i-twilio-idempotency-token"] for one in far.received}) == 1


async def test_an_inbound_call_is_answered_by_the_numbers_webhook(twilio: TwilioSimulator, far: FarEnd) -> None:
    url = far.say("/incoming-call", "<Response><Pause length='1'/></Response>")
    call = {"from": ARTA, "to": SHOP, "voice_url": url, "status_callback": far.origin + "/status"}
    sid = twilio.admin("POST", "/inbound-calls", call)["sid"]
    ledger = await twilio.ended(sid)

    [asked] = far.at("/incoming-call")
    assert asked.signed
    assert (asked.form["Direction"], asked.form["CallStatus"], asked.form["From"]) == ("inbound", "ringing", ARTA)
    assert (ledger["end_reason"], ledger["direction"]) == ("twiml_end", "inbound")
    await eventually(lambda: statuses(far) == ["completed"])


@pytest.mark.parametrize(("reason", "status"), [("busy", "busy"), ("rejected", "no-answer")])
async def test_an_inbound_call_can_be_rejected(twilio: TwilioSimulator, far: FarEnd, reason: str, status: str) -> None:
    url = far.say("/incoming-call", f"<Response><Reject reason='{reason}'/></Response>")
    call = {"from": ARTA, "to": SHOP, "voice_url": url, "person": {"answer": ["stay"]}}

    ledger = await twilio.ended(twilio.admin("POST", "/inbound-calls", call)["sid"])

    assert (ledger["status"], ledger["end_reason"], ledger["answered_ms"]) == (status, "rejected", None)


async def test_a_reset_ends_and_forgets_all(twilio: TwilioSimulator, far: FarEnd) -> None:
    twilio.script(ARTA, "no_answer")
    twilio.create(Twiml=QUIET, StatusCallback=far.origin + "/status", Timeout=600)
    await asyncio.sleep(0.1)

    twilio.reset()

    assert twilio.admin("GET", "/calls")["total"] == 0
    assert twilio.admin("GET", "/people") == {}
    await eventually(lambda: statuses(far) == ["failed"])
