"""A year of orders on virtual time: checks the pure dial policy and lifecycle against independently written rules.

`python -m tests.chaos.virtual_year.simulation 100000` prints the result.
"""

import sys
import time as clock
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random

from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import apply_fact, plan
from shared.core.dialing.reconciliation import Wakes, call_must_be_over_at
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, Fact, Submitted, Withdrawn
from shared.core.order import CallWishes, Customer, Order, Window
from shared.core.phone import country_of, zones_of
from shared.settings.calling_rules import RETRY_JITTER
from tests.chaos.virtual_year.call_courses import call_course
from tests.chaos.virtual_year.calling_rules import PLACES, Breach, CallingRules, Place
from tests.support.orders import ALWAYS

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
POLICY = replace(
    ALWAYS,
    window=Window(time(9), time(20)),
    weekdays=frozenset(range(6)),
    calls_on_holidays=False,
    default_timezone="Europe/Tirane",
    zones_of=zones_of,
    country_of=country_of,
    retry_jitter=RETRY_JITTER,
)
_WINDOWS = (
    *[None] * 6,
    Window(time(8, 30), time(21)),
    Window(time(12), time(13)),
    Window(time(2, 15), time(2, 45)),  # a time that DST skips in spring and repeats in autumn
    Window(time(1, 30), time(3, 30)),
    Window(time(22)),
    Window(time(0)),
)
_DAYS = (*[None] * 6, frozenset({0, 1, 2}), frozenset({5, 6}), frozenset({6}))
_PATIENCE = 2_000  # the number of events after which an order counts as left open


@dataclass(slots=True)
class Report:
    """The result of a run; `breaches` counts what must never happen."""

    orders: int = 0
    calls: int = 0
    refused_at_dial_time: int = 0
    breaches: Counter[Breach] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    zones: set[str] = field(default_factory=set)
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """Yield the report in lines for a person to read."""
        yield f"orders {self.orders:,} in {len(self.zones)} time zones, calls {self.calls:,}, {self.seconds:.0f} s"
        yield f"attempts refused at the moment of dialing {self.refused_at_dial_time:,}"
        yield from (f"{breach.value} {self.breaches[breach]}" for breach in Breach)
        yield "outcomes " + ", ".join(f"{name} {count:,}" for name, count in sorted(self.outcomes.items()))


class Life:
    """One order from its submission to its end, with delays, lost callbacks and jobs that come too early."""

    def __init__(self, confirmation: Confirmation, place: Place, *, policy: DialPolicy, rng: Random, report: Report) -> None:
        self._policy = policy
        self._rng = rng
        self._report = report
        self._rules = CallingRules(place, confirmation, replace(POLICY, window=policy.window))
        self._confirmation = confirmation
        self._now = confirmation.created_at
        self._wakes = Wakes(None, None)

    def live(self) -> None:
        """Simulate the order's whole life."""
        self._happens(Submitted(self._now))
        withdrawn_at = self._now + timedelta(hours=self._rng.uniform(0, 100)) if self._rng.random() < 0.02 else None
        for _ in range(_PATIENCE):
            if self._confirmation.is_finished:
                break
            if withdrawn_at is not None and self._now >= withdrawn_at:
                self._happens(Withdrawn(self._now))
                withdrawn_at = None
            elif not self._step():
                break
        if self._confirmation.is_finished:
            self._report.outcomes[str(self._confirmation.outcome)] += 1
        else:
            self._report.breaches[Breach.LEFT_OPEN] += 1

    def _step(self) -> bool:
        """Advance to the next moment at which a process handles the order; return False if there is none."""
        dial_at, reconcile_at = self._wakes.dial_at, self._wakes.reconcile_at
        moments = [at for at in (dial_at, reconcile_at) if at is not None]
        if not moments:
            return False
        self._be_impatient(until=min(moments))
        self._now = max(self._now, min(moments)) + self._hold_up()
        if dial_at is not None and dial_at <= self._now:
            self._dial()
        else:
            fact = plan(self._confirmation, self._policy, self._now)
            if fact is not None:
                self._happens(fact)
        return True

    def _be_impatient(self, *, until: datetime) -> None:
        """Let an early or outdated job try to call at any moment before the next planned one."""
        if self._rng.random() < 0.2 and until > self._now:
            self._now += (until - self._now) * self._rng.random()
            self._dial()

    def _hold_up(self) -> timedelta:
        """Return a worker's delay: mostly none, sometimes because of the limits, sometimes because of an outage."""
        kind = self._rng.random()
        if kind < 0.85:
            return timedelta(seconds=self._rng.uniform(0, 1))
        return timedelta(minutes=self._rng.uniform(0, 150)) if kind < 0.98 else timedelta(hours=self._rng.uniform(0, 80))

    def _dial(self) -> None:
        """Begin a call, as the dialer does; the policy decides whether it may begin."""
        before = self._confirmation
        attempt_id = f"att_{self._rng.getrandbits(60)}"
        self._happens(AttemptBegun(self._now, attempt_id, "+38344000001"))
        attempt = self._confirmation.open_attempt
        if attempt is None or attempt.id != attempt_id:
            self._report.refused_at_dial_time += 1
            return
        self._report.breaches.update(self._rules.breaches(before, self._now))
        self._call(attempt)

    def _call(self, attempt: Attempt) -> None:
        limit = call_must_be_over_at(attempt, self._policy) - attempt.placed_at
        for seconds, fact in call_course(attempt, self._rng, must_be_over_s=limit.total_seconds()):
            self._now = max(self._now, attempt.placed_at + timedelta(seconds=seconds))
            self._happens(fact(self._now))
            if isinstance(fact(self._now), CallPlaced):
                self._report.calls += 1
                self._rules.note_call()
        if self._confirmation.open_attempt is not None:
            raise AssertionError(f"the story of a call leaves it open: {attempt.id}")

    def _happens(self, fact: Fact) -> None:
        """Apply a fact; sometimes twice, because callbacks and jobs may repeat."""
        for _ in range(2 if self._rng.random() < 0.1 else 1):
            step = apply_fact(self._confirmation, fact, self._policy, self._now)
            self._confirmation, self._wakes = step.confirmation, step.wakes


def run_year(orders: int, *, seed: int, policy: DialPolicy = POLICY) -> Report:
    """Simulate a year with that many orders under `policy`, and judge it by `POLICY`; the same seed gives the same year.

    Of the orders with a window of their own, most are called under settings that allow every hour.
    """
    rng, report, begun = Random(seed), Report(), clock.monotonic()
    for number in range(orders):
        place = rng.choice(PLACES)
        order = _an_order(number, place, rng)
        Life(order, place, policy=_operator_of(order, policy, rng), rng=rng, report=report).live()
        report.zones.update(place.zones)
    report.orders, report.seconds = orders, clock.monotonic() - begun
    return report


def _operator_of(order: Confirmation, policy: DialPolicy, rng: Random) -> DialPolicy:
    """Return the settings under which the order is called: its own window counts in full only if these allow every hour."""
    allows_every_hour = order.call.window is not None and rng.random() < 0.7
    return replace(policy, window=Window(time(0))) if allows_every_hour else policy


def _an_order(number: int, place: Place, rng: Random) -> Confirmation:
    at = START + YEAR * rng.random()
    wishes = CallWishes(
        not_before=at + timedelta(hours=rng.uniform(0, 200)) if rng.random() < 0.1 else None,
        window=rng.choice(_WINDOWS),
        days=rng.choice(_DAYS),
        max_attempts=rng.randint(1, 8) if rng.random() < 0.2 else None,
        retry_delays={"busy": rng.randint(1, 90_000)} if rng.random() < 0.2 else {},
    )
    if rng.random() < 0.25:
        wishes = replace(wishes, expires_at=(wishes.not_before or at) + timedelta(hours=rng.uniform(0.1, 300)))
    return Confirmation(
        id=f"cnf_{number}",
        shop="shopaz",
        order=Order(f"A-{number}"),
        company="Shopaz",
        customer=Customer(place.phone, timezone=place.named_zone),
        created_at=at,
        updated_at=at,
        call=wishes,
    )


if __name__ == "__main__":
    found = run_year(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    sys.stdout.write("\n".join(found.lines()) + "\n")
    sys.exit(1 if found.breaches.total() else 0)
