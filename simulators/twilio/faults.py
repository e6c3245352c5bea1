"""Configurable faults: which request, callback or stream fails, how often and for which phone, from a seeded random generator."""

import random
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct


class FaultError(ValueError):
    """Faults that cannot be read."""


class Kind(StrEnum):
    """The kinds of faults."""

    CREATE_REFUSED = "create_refused"
    """Refuses the create with `code` and `status`, without placing a call."""
    CREATE_429 = "create_429"
    CREATE_500_REFUSED = "create_500_refused"
    CREATE_500_ACCEPTED = "create_500_accepted"
    """Answers 500, although the call is placed."""
    CREATE_SILENT_ACCEPTED = "create_silent_accepted"
    """Places the call, and sends no answer for `delay_s`; then a bare 504."""
    CREATE_SILENT_REFUSED = "create_silent_refused"
    """As above, without placing a call."""
    CREATE_SLOW = "create_slow"
    """Places the call and answers only after `delay_s`, whether or not the client still waits."""
    REST_429 = "rest_429"
    """Affects GET and update of calls."""
    REST_500 = "rest_500"
    CALLBACK_DROPPED = "callback_dropped"
    CALLBACK_DUPLICATED = "callback_duplicated"
    CALLBACK_SHUFFLED = "callback_shuffled"
    """Delays the callback by a random time up to `delay_s`, so that later ones overtake it."""
    CALLBACK_DELAYED = "callback_delayed"
    CALLBACK_BEFORE_ANSWER = "callback_before_answer"
    """Sends the first status callback before the REST answer to the create."""
    LIST_LAG = "list_lag"
    """Hides new calls from the list and the resource for `delay_s`."""
    STREAM_REFUSED = "stream_refused"
    """Never connects the stream (31920)."""
    STREAM_WITHOUT_START = "stream_without_start"
    """Opens the socket, and never sends `start`."""
    MARKS_LOST = "marks_lost"
    """Sends no mark back."""
    STREAM_WITHOUT_STOP = "stream_without_stop"
    """Closes the socket without a `stop` frame."""


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One fault: for the next `next` occasions (None: all), each with `probability`, for `phone` (None: all)."""

    fault: Kind
    next: Annotated[int, Meta(ge=1)] | None = None
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    phone: str | None = None
    event: str | None = None
    """For callbacks only: `initiated`, `ringing`, `answered`, `completed`, `amd` (None: all)."""
    delay_s: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    code: int = 21211
    status: Annotated[int, Meta(ge=400, le=599)] | None = None


class Faults:
    """The rules in force; the first rule that fits an occasion is used, and its count goes down."""

    def __init__(self, rules: Iterable[Rule] = (), *, seed: int = 0) -> None:
        self._rules = [(rule, rule.next) for rule in rules]
        self._rng = random.Random(seed)

    def pick(self, kinds: Sequence[Kind], *, phone: str, event: str | None = None) -> Rule | None:
        """Return the fault that happens on this occasion, or None."""
        for index, (rule, left) in enumerate(self._rules):
            if rule.fault not in kinds or rule.phone not in (None, phone) or rule.event not in (None, event):
                continue
            if left == 0 or self._rng.random() >= rule.probability:
                continue
            self._rules[index] = (rule, left and left - 1)
            return rule
        return None

    def within(self, delay_s: float) -> float:
        """Return a random delay up to that."""
        return self._rng.uniform(0, delay_s)

    def as_json(self) -> dict[str, list[dict[str, object]]]:
        """Return the rules with the rest of each count."""
        return {"rules": [{**msgspec.to_builtins(rule), "left": left} for rule, left in self._rules]}


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...] = ()
    seed: int = 0


def parse_faults(document: object) -> Faults:
    """Read `{"seed": 7, "rules": [{"fault": "create_429", "next": 3}, ...]}`.

    Raises:
        FaultError: A field is unknown or out of range.
    """
    try:
        wanted = msgspec.convert(document, _Document)
    except msgspec.ValidationError as problem:
        raise FaultError(str(problem)) from problem
    return Faults(wanted.rules, seed=wanted.seed)
