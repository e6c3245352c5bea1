"""What must hold for every confirmation, whatever happens to it, in whatever order and however often."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.confirmation import Conclusion, Confirmation
from shared.core.dialing.planned_transition import apply_fact, plan
from shared.core.dialing.reconciliation import Reconciliation, Wakes, due_reconciliation, wakes
from shared.core.lifecycle.facts import (
    AttemptBegun,
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallerJoined,
    CallerProven,
    CallNotListed,
    CallPlaced,
    ConversationEnded,
    ConversationLost,
    DisclosurePlayed,
    Fact,
    GivenUp,
    InboundCallArrived,
    PlacingHeld,
    PlacingRefused,
    PlacingUndone,
    Scheduled,
    StreamOpened,
    Submitted,
    VerdictGiven,
    Withdrawn,
)
from shared.core.lifecycle.shop_event import EventType
from shared.core.order import CallWishes
from shared.core.outcome import AttemptResult, Direction, Outcome, VerdictKind
from tests.support.orders import ALWAYS, NOON, an_order, verdict

IDS = st.sampled_from([f"att_{number}" for number in range(1, 7)])
SIDS = st.sampled_from(["CA1", "CA2", "CA3"])
MOMENTS = st.integers(0, 50_000).map(lambda seconds: NOON + timedelta(seconds=seconds))
LINE_RESULTS = st.sampled_from([None, AttemptResult.BUSY, AttemptResult.NO_ANSWER, AttemptResult.FAILED])
VERDICTS = st.builds(verdict, st.sampled_from(VerdictKind), MOMENTS, st.none() | MOMENTS)

FACTS: st.SearchStrategy[Fact] = st.one_of(
    st.builds(Submitted, MOMENTS),
    st.builds(Scheduled, MOMENTS, st.none() | MOMENTS, is_due=st.booleans()),
    st.builds(GivenUp, MOMENTS, st.just(Outcome.UNDIALABLE)),
    st.builds(AttemptBegun, MOMENTS, IDS, st.just("+1")),
    st.builds(InboundCallArrived, MOMENTS, IDS, SIDS, must_prove=st.booleans()),
    st.builds(CallerJoined, MOMENTS, IDS, SIDS, st.booleans()),
    st.builds(CallerProven, MOMENTS, IDS),
    st.builds(CallPlaced, MOMENTS, IDS, SIDS),
    st.builds(CallNotListed, MOMENTS, IDS),
    st.builds(PlacingUndone, MOMENTS, IDS, MOMENTS),
    st.builds(PlacingHeld, MOMENTS, IDS, MOMENTS, st.just("country:XK"), st.just("why")),
    st.builds(PlacingRefused, MOMENTS, IDS, st.just("why"), is_final=st.booleans()),
    st.builds(CallAnswered, MOMENTS, IDS, SIDS),
    st.builds(CalleeClassified, MOMENTS, IDS, st.sampled_from(["human", "machine_start", "unknown"])),
    st.builds(StreamOpened, MOMENTS, IDS, SIDS, st.just("MZ1")),
    st.builds(DisclosurePlayed, MOMENTS, IDS),
    st.builds(VerdictGiven, MOMENTS, IDS, VERDICTS),
    st.builds(ConversationEnded, MOMENTS, IDS, st.none() | st.sampled_from(Conclusion), st.just("why")),
    st.builds(ConversationLost, MOMENTS, IDS),
    st.builds(CallEnded, MOMENTS, IDS, LINE_RESULTS, st.none() | SIDS),
    st.builds(Withdrawn, MOMENTS),
)

# What the services really do with a call, so that long stories are likely; each may be doubled, dropped, late.
CALL = st.lists(
    st.sampled_from(
        ["begin", "place", "answer", "stream", "decide", "end", "conclude", "crash", "lose", "replan", "wait", "inbound", "again"]
    ),
    max_size=40,
)


@dataclass
class World:
    """A confirmation to which facts happen, and what the shop was told of it."""

    confirmation: Confirmation = field(default_factory=an_order)
    told: list[tuple[EventType, int]] = field(default_factory=list)
    seconds: float = 0

    def happens(self, fact: Fact) -> None:
        now = NOON + timedelta(seconds=self.seconds)
        before = self.confirmation
        step = apply_fact(before, fact, ALWAYS, now)
        self.confirmation = step.confirmation
        self.told += [(said.type, said.sequence) for said in step.transition.shop_events]
        assert step.is_changed == (step.confirmation is not before)
        assert not step.transition.shop_events or step.is_changed
        self.hold()
        if before.is_finished:
            assert replace(step.confirmation, attempts=before.attempts, sequence=before.sequence) == before
            kinds = [said.type for said in step.transition.shop_events]
            assert kinds == [EventType.LATE_REPLY] * (step.confirmation.sequence - before.sequence)
        if not step.confirmation.is_finished and step.confirmation.is_unplanned:
            assert step.confirmation.open_attempt is not None
        if not step.confirmation.is_finished:
            assert step.wakes.dial_at is not None or step.wakes.reconcile_at is not None
        self.wakes_when_something_is_due(step.wakes)

    def wakes_when_something_is_due(self, wakes: Wakes) -> None:
        """Check that somebody looks at the confirmation exactly when there is something to do."""
        first = min(at for at in (wakes.dial_at, wakes.reconcile_at) if at is not None)
        assert due_reconciliation(self.confirmation, ALWAYS, first) is not Reconciliation.NOTHING
        assert due_reconciliation(self.confirmation, ALWAYS, first - timedelta(microseconds=1)) is Reconciliation.NOTHING
        assert (
            wakes.reconcile_at is None
            or due_reconciliation(self.confirmation, ALWAYS, wakes.reconcile_at) is not Reconciliation.NOTHING
        )

    def hold(self) -> None:
        now = self.confirmation
        assert [sequence for _, sequence in self.told] == list(range(1, now.sequence + 1))
        finished = [kind for kind, _ in self.told].count(EventType.FINISHED)
        assert finished == int(now.is_finished)
        assert now.is_finished == (now.outcome is not None)
        kinds = [kind for kind, _ in self.told if kind is not EventType.LATE_REPLY]
        assert not finished or kinds[-1] is EventType.FINISHED
        assert now.attempts_spent <= min(now.call.max_attempts or ALWAYS.max_attempts, ALWAYS.max_attempts)
        assert sum(attempt.is_open for attempt in now.attempts) <= 1
        assert not (now.is_finished and now.open_attempt) or now.open_attempt.direction is Direction.INBOUND
        assert [attempt.number for attempt in now.attempts] == list(range(1, len(now.attempts) + 1))
        assert all(attempt.is_open == (attempt.result is None) for attempt in now.attempts)
        assert len({attempt.id for attempt in now.attempts}) == len(now.attempts)
        assert all(attempt.verdict is None or attempt.conclusion is None for attempt in now.attempts)
        assert all(attempt.held_call_end is None or (attempt.is_open and attempt.is_streaming) for attempt in now.attempts)

    def wait_for_a_bridge_that_died(self) -> None:
        """Let the time pass that a held end waits for the bridge, and the reconciler do what is due then."""
        attempt = self.confirmation.open_attempt
        if attempt is None or attempt.held_call_end is None:
            return
        due_at = wakes(self.confirmation, ALWAYS).reconcile_at
        assert due_at is not None
        assert due_at <= attempt.held_call_end.at + timedelta(seconds=3)
        assert due_reconciliation(self.confirmation, ALWAYS, due_at) is Reconciliation.END_CALL
        self.seconds = max(self.seconds, (due_at - NOON).total_seconds())
        self.happens(ConversationLost(due_at, attempt.id))
        assert self.confirmation.attempts[-1].ended_at == attempt.held_call_end.at

    def acts(self, word: str, attempt_id: str) -> None:
        """Let happen what the services do, about the open attempt if there is one."""
        at = NOON + timedelta(seconds=self.seconds)
        attempt = self.confirmation.open_attempt
        current = attempt_id if attempt is None else attempt.id
        match word:
            case "begin":
                self.happens(AttemptBegun(at, attempt_id, "+1"))
            case "place":
                self.happens(CallPlaced(at, current, "CA1"))
            case "answer":
                self.happens(CallAnswered(at, current, "CA1"))
            case "decide":
                self.happens(VerdictGiven(at, current, verdict(VerdictKind.CALLBACK_REQUESTED, at)))
            case "stream":
                self.happens(StreamOpened(at, current, "CA1" if attempt is None else attempt.call_sid or "CA1", "MZ1"))
            case "conclude":
                self.happens(ConversationEnded(at, current, None, "why"))
            case "crash":
                self.wait_for_a_bridge_that_died()
            case "end":
                self.happens(CallEnded(at, current, AttemptResult.NO_ANSWER))
            case "lose":
                self.happens(PlacingUndone(at, current, at))
            case "inbound":
                self.happens(InboundCallArrived(at, attempt_id, f"CA-{attempt_id}"))
            case "replan":
                fact = plan(self.confirmation, ALWAYS, at)
                if fact is not None:
                    self.happens(fact)
            case _:
                self.seconds += 3700


WISHES = st.builds(
    CallWishes,
    max_attempts=st.none() | st.integers(1, 5),
    expires_at=st.none() | MOMENTS,
    not_before=st.none() | MOMENTS,
)


@given(facts=st.lists(st.tuples(FACTS, st.integers(0, 4000)), max_size=30), wishes=WISHES, is_test=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_facts_in_any_order(facts: list[tuple[Fact, int]], wishes: CallWishes, is_test: bool) -> None:
    world = World(replace(an_order(call=wishes), is_test=is_test))
    world.happens(Submitted(NOON))
    for fact, pause_s in facts:
        world.seconds += pause_s
        world.happens(fact)
        world.happens(fact)


@given(words=CALL, wishes=WISHES, late=st.lists(FACTS, max_size=5))
@settings(max_examples=100, deadline=None)
def test_stories_of_calls_with_late_facts_between(words: list[str], wishes: CallWishes, late: list[Fact]) -> None:
    world = World(an_order(call=wishes))
    world.happens(Submitted(NOON))
    for number, word in enumerate(words):
        world.acts(word, f"att_{number}")
        if number < len(late):
            world.happens(late[number])


@given(words=CALL)
@settings(max_examples=50, deadline=None)
def test_whatever_happened_calling_on_ends_it_within_the_budget(words: list[str]) -> None:
    world = World()
    world.happens(Submitted(NOON))
    for number, word in enumerate(words):
        world.acts(word, f"att_{number}")
    for number in range(100, 120):
        for word in ("place", "end", "crash", "wait", "replan", "begin"):
            world.acts(word, f"att_{number}")
    assert world.confirmation.is_finished
    assert world.confirmation.attempts_spent <= ALWAYS.max_attempts


PEOPLE = st.sampled_from([VerdictKind.CONFIRMED, VerdictKind.CANCELLED, VerdictKind.CALLBACK_REQUESTED, VerdictKind.OPTED_OUT])


@given(
    kinds=st.lists(PEOPLE, max_size=3),
    end_at=st.integers(0, 4),
    doubled=st.booleans(),
    is_inbound=st.booleans(),
    has_crashed=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_a_calls_end_that_overtakes_the_bridge_changes_nothing_that_counts(
    kinds: list[VerdictKind], end_at: int, *, doubled: bool, is_inbound: bool, has_crashed: bool
) -> None:
    """Wherever among the bridge's facts the call's end is told, the attempt comes to what it comes to when told last."""

    def lived(place: int, times: int) -> World:
        world = World()
        world.happens(Submitted(NOON))
        begun = InboundCallArrived(NOON, "att_1", "CA1", must_prove=False) if is_inbound else AttemptBegun(NOON, "att_1", "+1")
        ended = CallEnded(NOON, "att_1", None, "CA1", 30)
        over: Fact = ConversationLost(NOON, "att_1") if has_crashed else ConversationEnded(NOON, "att_1", None, "why")
        written: list[Fact] = [*(VerdictGiven(NOON, "att_1", verdict(kind)) for kind in kinds), over]
        written[place:place] = [ended] * times
        for fact in (begun, StreamOpened(NOON, "att_1", "CA1", "MZ1"), *written):
            world.happens(fact)
        return world

    last = len(kinds) + 1
    overtaken, in_order = lived(min(end_at, last), 2 if doubled else 1), lived(last, 1)
    assert overtaken.confirmation == in_order.confirmation
    assert overtaken.told == in_order.told
