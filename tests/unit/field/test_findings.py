"""What is found in one call of the field, from the ledgers."""

from dataclasses import replace
from typing import Any

import pytest

from tests.field.findings import found, lost_in_play
from tests.field.people import KINDS, people
from tests.support.scenarios.result import ScenarioResult

CONFIRMS = KINDS[0]
KEYPAD = "Telefonatë automatike për porosinë tuaj."


def call(**more: object) -> dict[str, Any]:
    """Return a call's ledger: answered at 1 s, the agent heard from 2 to 9 s, the customer from 12.5 to 14 s, ended at 17 s."""
    return {
        "sid": "CA1",
        "created_ms": 0.0,
        "answered_ms": 1000.0,
        "ended_ms": 17_000.0,
        "end_reason": "twiml_hangup",
        "heard": [[2000.0, 9000.0], [14_500.0, 16_500.0]],
        "spoken": [[12_500.0, 14_000.0]],
        "keys": [],
        "streams": [],
        "timeline": [{"what": "line_closed", "worst_lateness_ms": 0.0}],
        "cut_ms": 0.0,
        "warnings": [],
        "errors": [],
        "media": [],
        **more,
    }


def response(said: str, *, wait_s: float = 1.5, traits: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a response's record."""
    return {
        "created_ms": 1000.0,
        "first_delta_ms": 1000.0 + 1000 * wait_s,
        "status": "completed",
        "deltas": 3,
        "said": said,
        "meant": said,
        "item_id": "item_1",
        "items": [{"id": "item_1", "said": said, "meant": said, "audio_ms": 500}],
        "traits": list(traits),
    }


def session(*responses: dict[str, Any]) -> dict[str, Any]:
    """Return a session's ledger."""
    return {
        "opened_ms": 1100.0,
        "worst_lateness_ms": 0.0,
        "events": [],
        "responses": list(responses),
        "turns": [],
        "truncations": [],
        "errors": [],
        "closed": {"ms": 17_100.0},
    }


def result(*, outcome: str = "confirmed", turns: tuple[str, ...] = ("Alo",), **of_the_call: object) -> ScenarioResult:
    """Return a played call with that outcome."""
    _, scenario = next(people(1, seed=1))
    view: dict[str, Any] = {
        "id": "c1",
        "status": "finished",
        "outcome": outcome,
        "evidence": None,
        "attempts": [{"call_sid": "CA1", "result": outcome, "reason": "decided", "cost": {}, "disclosure_played_at": "now"}],
        "customer": {"language": "sq"},
        "order": {"items": []},
    }
    data = {"sequence": 1, "outcome": outcome, "evidence": None}
    return ScenarioResult(
        scenario=scenario,
        view=view,
        calls=[call(**of_the_call)],
        sessions=[session(response("Alo", traits=("two_items",)))],
        turns=[{"speaker": "agent", "text": text, "interrupted": False} for text in turns],
        events=[{"type": "confirmation.finished", "data": data}],
        is_opted_out=False,
        withdrawal_status=None,
    )


def test_a_call_has_its_longest_silence_its_delays_and_its_traits() -> None:
    one = found(CONFIRMS, result())

    assert (one.outcome, one.reason, one.lasted_s, one.is_void) == ("confirmed", "decided", 16.0, False)
    assert (one.silence_s, one.silence_at_s) == (3.5, 8.0)
    assert (one.first_audio_s, one.traits) == ((1.5,), ("two_items",))
    assert not any((one.is_false, one.is_lost, one.is_on_keypad, one.ran_out_of_time, one.cut_goodbye_ms))


def test_the_stored_keypad_prompt_is_a_fallback_also_if_it_was_interrupted() -> None:
    assert found(CONFIRMS, result(turns=(KEYPAD,))).is_on_keypad


@pytest.mark.parametrize(("end_reason", "cut_ms"), [("twiml_hangup", 40.0), ("person_hung_up", 0.0)])
def test_a_goodbye_is_cut_off_only_if_we_hang_up(end_reason: str, cut_ms: float) -> None:
    assert found(CONFIRMS, result(cut_ms=40.0, end_reason=end_reason)).cut_goodbye_ms == cut_ms


def test_the_longest_call_is_noticed() -> None:
    assert found(CONFIRMS, result(ended_ms=167_000.0)).ran_out_of_time


def test_invariants_are_counted_without_numbers_and_names() -> None:
    faults = found(CONFIRMS, result(warnings=[{"code": 31950, "message": "at 5 s"}])).violations

    assert "Twilio complains: … at … s" in faults


def test_without_an_answered_call_there_is_an_outcome_only() -> None:
    one = found(CONFIRMS, result(outcome="unreached", answered_ms=None))

    assert (one.outcome, one.lasted_s, one.is_lost) == ("unreached", 0.0, True)
    assert lost_in_play(CONFIRMS, "S9").is_lost


def test_the_items_of_a_response_are_one_turn_of_the_words_that_were_meant() -> None:
    two = response("Mirë mirë. Ditë të mbarë!")
    two |= {"meant": "Mirë. Ditë të mbarë!", "items": [{"said": "Mirë mirë."}, {"said": "Ditë të mbarë!"}]}
    played = replace(result(), sessions=[session(two)])

    assert played.meant(["Alo", "Mirë mirë.", "Ditë të mbarë!", "Mirë mirë."]) == ["Alo", "Mirë. Ditë të mbarë!", "Mirë mirë."]


def test_a_turn_is_spoken_only_if_the_person_was_heard_on_the_line() -> None:
    said, echoed = ({"started_at_ms": at, "stopped_at_ms": at + 500} for at in (12_600.0, 5000.0))
    played = replace(result(), sessions=[session(response("Alo")) | {"turns": [said, echoed]}])

    assert played.last.spoken_turns == [said]
