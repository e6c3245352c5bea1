"""Test orders go through the same transitions as real ones, and come to what the table says."""

from dataclasses import replace

import pytest

from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import apply_fact
from shared.core.dialing.simulated_calls import SIMULATED_CALLS, simulated_call, simulated_facts
from shared.core.lifecycle.facts import AttemptBegun
from shared.core.order import Customer
from shared.core.outcome import AttemptResult, Channel, Outcome
from tests.support.orders import ALWAYS, NOON, an_order


def played(phone: str, *, calls: int = 1) -> Confirmation:
    """Return a test order after so many calls, as far as there were so many."""
    order, now = replace(an_order(), is_test=True, customer=Customer(phone)), NOON
    for number in range(1, calls + 1):
        now = max(now, order.next_attempt_at or now)
        order = apply_fact(order, AttemptBegun(now, f"att_{number}", "+38344000001"), ALWAYS, now).confirmation
        attempt = order.open_attempt
        if attempt is None:
            break
        for fact in simulated_facts(phone, attempt, now) * 2:  # told twice, as after a crash
            order = apply_fact(order, fact, ALWAYS, now).confirmation
    return order


@pytest.mark.parametrize(
    ("digits", "calls", "outcome"),
    [
        ("000101", 1, Outcome.CONFIRMED),
        ("000102", 1, Outcome.CANCELLED),
        ("000103", 1, Outcome.CHANGE_REQUESTED),
        ("000104", 1, Outcome.WRONG_NUMBER),
        ("000105", 1, Outcome.OPTED_OUT),
        ("000106", 4, Outcome.UNREACHED),
        ("000107", 4, Outcome.UNREACHED),
        ("000108", 4, Outcome.UNREACHED),
        ("000109", 1, Outcome.UNDIALABLE),
        ("000110", 2, Outcome.CONFIRMED),
        ("000111", 2, Outcome.CONFIRMED),
        ("000112", 1, Outcome.CONFIRMED),
        ("000113", 1, Outcome.CANCELLED),
        ("000114", 4, Outcome.UNREACHED),
        ("000115", 4, Outcome.UNREACHED),
        ("000116", 4, Outcome.UNREACHED),
        ("123456", 1, Outcome.CONFIRMED),
    ],
)
def test_a_number_comes_to_its_outcome(digits: str, calls: int, outcome: Outcome) -> None:
    assert played(f"+38344{digits}", calls=calls).outcome is outcome


def test_every_number_of_the_table_is_tried_above() -> None:
    assert len(SIMULATED_CALLS) == 16


@pytest.mark.parametrize(
    ("digits", "result"),
    [
        ("000106", AttemptResult.BUSY),
        ("000107", AttemptResult.NO_ANSWER),
        ("000108", AttemptResult.MACHINE),
        ("000109", AttemptResult.FAILED),
        ("000110", AttemptResult.CALLBACK_REQUESTED),
        ("000114", AttemptResult.UNDECIDED),
        ("000115", AttemptResult.ERROR),
        ("000116", AttemptResult.FAILED),
    ],
)
def test_a_call_ends_as_a_real_one_would(digits: str, result: AttemptResult) -> None:
    assert played(f"+38344{digits}").attempts[0].result is result


def test_a_key_leaves_no_quote_and_a_voice_does() -> None:
    by_key, by_voice = played("+38344000112").evidence, played("+38344000101").evidence
    assert by_key is not None
    assert (by_key.channel, by_key.quote) == (Channel.KEYPAD, None)
    assert by_voice is not None
    assert by_voice.quote == "Po, e konfirmoj."


def test_the_last_part_is_repeated() -> None:
    assert simulated_call("+38344000111", 9) == simulated_call("+38344000111", 2)
