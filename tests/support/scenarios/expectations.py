"""The expectations of one scenario beyond the invariants: each check yields the differences, in words."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from shared import languages
from shared.core.speech.language import Language
from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.scenario import fragment


def differences(result: ScenarioResult) -> list[str]:
    """Return all differences from the scenario's expectations."""
    return [difference for check in _CHECKS for difference in check(result)]


def _standing(result: ScenarioResult) -> Iterator[str]:
    expect, view = result.scenario.expect, result.view
    results = tuple(attempt["result"] for attempt in view["attempts"])
    found = {"status": view["status"], "outcome": view["outcome"], "results": results}
    wanted = {"status": expect.status, "outcome": expect.outcome, "results": result.scenario.results}
    if found != wanted:
        yield f"expected {wanted}, found {found}"


def _calls(result: ScenarioResult) -> Iterator[str]:
    wanted = result.scenario.expect.calls
    wanted = len(result.scenario.results) if wanted is None else wanted
    if len(result.calls) != wanted:
        yield f"{len(result.calls)} calls on the line, expected {wanted}"


def _evidence(result: ScenarioResult) -> Iterator[str]:
    expect = result.scenario.expect
    evidence = result.view["evidence"] or {}
    for name in ("channel", "quote", "wish", "note", "change", "language"):
        wanted = getattr(expect, name)
        if wanted is not None and evidence.get(name) != wanted:
            yield f"the evidence's {name} is {evidence.get(name)!r}, expected {wanted!r}"
    if evidence and evidence["attempt"] != len(result.view["attempts"]):
        yield f"the evidence is of attempt {evidence['attempt']}"


def _last_attempt(result: ScenarioResult) -> Iterator[str]:
    expect = result.scenario.expect
    if not result.view["attempts"]:
        return
    attempt = result.view["attempts"][-1]
    if expect.reason is not None and attempt["reason"] != expect.reason:
        yield f"the last call's reason is {attempt['reason']!r}, expected {expect.reason!r}"
    if expect.answered_by is not None and attempt["answered_by"] != expect.answered_by:
        yield f"it was answered by {attempt['answered_by']}, expected {expect.answered_by}"
    if expect.disclosed is not None and (attempt["disclosure_played_at"] is not None) != expect.disclosed:
        yield f"disclosure_played_at is {attempt['disclosure_played_at']}"
    if expect.ends is not None and result.last.call["end_reason"] != expect.ends:
        yield f"the last call ended by {result.last.call['end_reason']}, expected {expect.ends}"
    if expect.sessions is not None and len(result.last.sessions) != expect.sessions:
        yield f"{len(result.last.sessions)} sessions with the model, expected {expect.sessions}"


def _next_attempt(result: ScenarioResult) -> Iterator[str]:
    wanted = result.scenario.expect.next_attempt_in_s
    if wanted is None:
        return
    planned = result.view["next_attempt_at"]
    if planned is None:
        yield "no further call is planned"
        return
    ended = result.view["attempts"][-1]["ended_at"]
    wait_s = (datetime.fromisoformat(planned) - datetime.fromisoformat(ended)).total_seconds()
    if not wanted[0] <= wait_s <= wanted[1]:
        yield f"the next call is planned {wait_s:.0f} s after the last, expected {wanted}"


def _heard(result: ScenarioResult) -> Iterator[str]:
    expect = result.scenario.expect
    language = languages.load(languages.match(result.view["customer"]["language"]) or "sq")
    yield from _missing(expect.heard, result.meant(result.said("agent")), language)
    yield from _missing(expect.other_heard, result.meant(result.said_of_other("agent")), language)
    said = result.said("agent")
    for unwanted in expect.never_heard:
        words = fragment(unwanted, language)
        said_by_model = [response["meant"] for line in result.lines for response in line.responses]
        if any(words in text for text in (*said, *said_by_model)):
            yield f"{unwanted} ({words!r}) was heard"


def _missing(expected: Sequence[str], said: Sequence[str], language: Language) -> Iterator[str]:
    place = 0
    for wanted in expected:
        words = fragment(wanted, language)
        found = next((at for at in range(place, len(said)) if words in said[at]), None)
        if found is None:
            yield f"{wanted} ({words!r}) was not heard after turn {place}; the agent said {said}"
            return
        place = found


def _other_order(result: ScenarioResult) -> Iterator[str]:
    wanted = result.scenario.expect.other_outcome
    found = result.other_view["outcome"] if result.other_view is not None else None
    if found != wanted:
        yield f"the other order's outcome is {found}, expected {wanted}"


def _opt_out(result: ScenarioResult) -> Iterator[str]:
    if result.is_opted_out != result.scenario.expect.opted_out:
        yield f"the number is {'' if result.is_opted_out else 'not '}on the list of those not to be called"


def _withdrawal(result: ScenarioResult) -> Iterator[str]:
    withdrawn = result.scenario.withdrawn
    if withdrawn is not None and result.withdrawal_status != withdrawn.answer:
        yield f"DELETE was answered {result.withdrawal_status}, expected {withdrawn.answer}"


def _attempts_follow(result: ScenarioResult) -> Iterator[str]:
    """Check that calls do not overlap: none begins before the last one has ended."""
    for earlier, later in pairwise(result.calls):
        if later["created_ms"] < earlier["ended_ms"]:
            yield "two calls went on at once"


_CHECKS: tuple[Callable[[ScenarioResult], Iterator[str]], ...] = (
    _standing,
    _calls,
    _evidence,
    _last_attempt,
    _next_attempt,
    _heard,
    _other_order,
    _opt_out,
    _withdrawal,
    _attempts_follow,
)
