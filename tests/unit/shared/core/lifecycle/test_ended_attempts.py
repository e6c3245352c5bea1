"""What a conversation tells after its call has ended."""

from dataclasses import replace
from decimal import Decimal

from shared.core.confirmation import Conclusion, Confirmation
from shared.core.lifecycle.changes import Transition
from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, ConversationEnded, DisclosurePlayed, Fact, GivenUp
from shared.core.lifecycle.transition import transition
from shared.core.outcome import AttemptResult, Outcome
from tests.support.orders import NOON, after, an_order

BEGUN = AttemptBegun(NOON, "att_1", "+38344000001")
ANSWERED = CallAnswered(after(10), "att_1", "CA1")
ENDED = CallEnded(after(40), "att_1", None, "CA1", 30)
CONCLUDED = ConversationEnded(after(41), "att_1", Conclusion.ERROR, "person_hung_up", Decimal("0.02"))


def after_facts(*facts: Fact) -> Confirmation:
    step = Transition(an_order())
    for fact in facts:
        step = transition(step.confirmation, fact)
    return step.confirmation


def test_reason_and_cost_are_kept_and_nothing_else_changes() -> None:
    ended = after_facts(BEGUN, ANSWERED, ENDED)
    told = transition(ended, CONCLUDED)
    attempt = told.confirmation.attempts[0]
    assert (attempt.reason, attempt.cost_usd) == ("person_hung_up", Decimal("0.02"))
    assert (attempt.result, attempt.conclusion) == (AttemptResult.UNDECIDED, None)
    assert replace(told.confirmation, attempts=ended.attempts) == ended
    assert told.shop_events == ()


def test_they_are_kept_of_a_finished_confirmation_too() -> None:
    finished = after_facts(BEGUN, ANSWERED, ENDED, GivenUp(after(50), Outcome.UNREACHED))
    assert transition(finished, CONCLUDED).confirmation.attempts[0].cost_usd == Decimal("0.02")


def test_what_is_known_stands() -> None:
    known = after_facts(BEGUN, ANSWERED, CONCLUDED, ENDED)
    again = replace(CONCLUDED, reason="another", cost_usd=Decimal("9.99"))
    assert transition(known, again).confirmation is known


def test_what_is_told_of_a_stranger_changes_nothing() -> None:
    ended = after_facts(BEGUN, ANSWERED, ENDED)
    assert transition(ended, replace(CONCLUDED, attempt_id="att_9")).confirmation is ended


def test_that_the_disclosure_was_heard_is_kept_once_and_changes_no_result() -> None:
    finished = after_facts(BEGUN, ANSWERED, ENDED, GivenUp(after(50), Outcome.UNREACHED))
    told = transition(finished, DisclosurePlayed(after(15), "att_1"))
    assert told.shop_events == ()
    assert told.confirmation.attempts[0].disclosure_played_at == after(15)
    assert (told.confirmation.outcome, told.confirmation.attempts[0].result) == (Outcome.UNREACHED, AttemptResult.UNDECIDED)
    assert transition(told.confirmation, DisclosurePlayed(after(16), "att_1")).confirmation is told.confirmation
