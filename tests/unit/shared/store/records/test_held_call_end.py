"""The held end of a call in the store: what a commit does beside the record, and that older records are still read."""

from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.lifecycle.facts import AttemptBegun, CallEnded, ConversationEnded, Fact, StreamOpened, Submitted
from shared.store import keys
from shared.store.records.codec import decode, encode, to_ms
from shared.store.records.side_effects import of_step
from tests.support.orders import ALWAYS, NOON, after, an_order

SCHEMA = "/schema.json"
TALKING = (Submitted(NOON), AttemptBegun(NOON, "att_1", "+1"), StreamOpened(after(5), "att_1", "CA1", "MZ1"))
ENDED = CallEnded(after(40), "att_1", None, "CA1", 34)


def step_of(confirmation: Confirmation, fact: Fact) -> PlannedTransition:
    return apply_fact(confirmation, fact, ALWAYS, fact.at)


def talking() -> Confirmation:
    confirmation = an_order()
    for fact in TALKING:
        confirmation = step_of(confirmation, fact).confirmation
    return confirmation


def test_a_held_end_keeps_place_and_line_comes_due_in_a_moment_and_the_bridge_hears_of_it_at_once() -> None:
    before = talking()
    assert of_step(before, step_of(before, ENDED), ALWAYS, SCHEMA) == [
        ("ZADD", keys.DUE_RECONCILIATION, to_ms(after(42)), before.id),
        ("PUBLISH", keys.attempt_channel("att_1"), before.id),
    ]


def test_the_end_of_the_conversation_gives_place_and_line_back() -> None:
    held = step_of(talking(), ENDED).confirmation
    side_effects = of_step(held, step_of(held, ConversationEnded(after(41), "att_1", None, "why")), ALWAYS, SCHEMA)
    assert ("ZREM", keys.CALLS_OPEN, held.id) in side_effects
    assert ("SREM", keys.line(held.customer.phone), held.id) in side_effects
    assert ("PUBLISH", keys.attempt_channel("att_1"), held.id) in side_effects, "the bridge hears that the call is over"


def test_a_record_with_a_held_end_is_read_as_it_was_written() -> None:
    held = step_of(talking(), ENDED).confirmation
    assert decode(f"1 7 calling\n{encode(held)}".encode()).confirmation == held


def test_a_record_written_before_ends_were_held_is_still_read() -> None:
    before = talking()
    stored = encode(before)
    assert "held_call_end" not in stored, "so that it looks as an older version wrote it"
    assert decode(f"1 7 calling\n{stored}".encode()).confirmation == before
