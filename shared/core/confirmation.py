"""A confirmation and its attempts: the one record of which everything else is a view. Changed only by `transition`."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from shared.core.order import CallWishes, Customer, Order
from shared.core.outcome import AttemptResult, Direction, Evidence, Outcome, Status, Verdict, VerdictKind, WaitingFor

SCHEMA_VERSION = 1
CONVERSATION_WAIT = timedelta(seconds=2)
"""The end of a call is held this long for what the bridge still writes about it."""
ACCOUNT_WAIT = timedelta(hours=24)
"""An order waits this long for a person to change how the telephone account is set up."""

UNPROVEN_CALL_BACK_EVERY = timedelta(hours=24)
"""An order gets at most one call back in this time that a caller without proof asked for."""


class Phase(StrEnum):
    """How far an attempt has come, in the order in which it can only go forward."""

    PLACING = "placing"  # the intent is written; whether Twilio has the call is not known
    PLACED = "placed"  # Twilio has the call
    ANSWERED = "answered"
    ENDED = "ended"


class Conclusion(StrEnum):
    """What our side made of a call in which nobody decided."""

    UNDECIDED = "undecided"
    MACHINE = "machine"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCallEnd:
    """The end of a call that was heard while the bridge had not yet told the end of the conversation.

    `line_result` is what the line said (`busy`, `no_answer`, `declined`, `failed`), None if the call was answered. `looked_at` is
    set if nobody could look when the wait was over, for instance because Redis was away, also for the bridge: the wait begins
    anew then.
    """

    at: datetime
    line_result: AttemptResult | None = None
    duration_s: int | None = None
    reason: str | None = None
    looked_at: datetime | None = None

    @property
    def waits_until(self) -> datetime:
        """When the conversation's end is not waited for any longer."""
        return (self.looked_at or self.at) + CONVERSATION_WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call, from the intent to its end. Times are aware UTC; `cost_usd` is what the speech model cost."""

    id: str
    number: int
    direction: Direction
    placed_at: datetime
    phase: Phase = Phase.PLACING
    from_number: str | None = None
    call_sid: str | None = None
    stream_sid: str | None = None
    stream_closed_at: datetime | None = None
    missing_since: datetime | None = None  # when Twilio's call list was first found not to hold it
    answered_at: datetime | None = None
    answered_by: str | None = None
    ended_at: datetime | None = None
    duration_s: int | None = None
    disclosure_played_at: datetime | None = None
    prompt_version: str | None = None
    verdict: Verdict | None = None
    conclusion: Conclusion | None = None
    result: AttemptResult | None = None
    reason: str | None = None
    cost_usd: Decimal | None = None
    held_call_end: HeldCallEnd | None = None  # the call is over; the attempt ends once the conversation has
    must_prove: bool = False  # a caller, whose number proves nothing: nobody decides before `proven_at`
    proven_at: datetime | None = None
    proof_failures: int = 0  # wrong proofs, over the stream and in TwiML together
    is_call_back: bool = False  # a caller without proof asked for it: beyond the budget
    resumes_at: datetime | None = None  # when we call if a caller takes the call's place in the plan and decides nothing
    resumes_waiting_for: WaitingFor | None = None  # what that call waited for
    joined_at: datetime | None = None  # when the customer phoned us while we were ringing: the attempt is that call since
    rung_call_sid: str | None = None  # our own call, which then still rang and is to be cancelled

    @property
    def is_open(self) -> bool:
        """Whether the call may still be going on, or what was decided in it may still be on its way to the record."""
        return self.phase is not Phase.ENDED

    @property
    def is_ringing(self) -> bool:
        """Whether we are ringing the customer at this moment."""
        return self.direction is Direction.OUTBOUND and self.phase in {Phase.PLACING, Phase.PLACED} and self.held_call_end is None

    @property
    def is_by_caller(self) -> bool:
        """Whether the customer phoned us, so that only the number tells who it is."""
        return self.direction is Direction.INBOUND or self.joined_at is not None

    @property
    def is_unproven(self) -> bool:
        """Whether the caller has not shown to know the order: such a caller is told nothing of it and decides nothing."""
        return self.must_prove and self.proven_at is None

    @property
    def asks_call_back(self) -> bool:
        """Whether a caller asked in it to be called back, which counted."""
        is_asked = self.verdict is not None and self.verdict.kind is VerdictKind.CALLBACK_REQUESTED
        return self.is_by_caller and is_asked and self.late_verdict is None

    @property
    def leaves_schedule(self) -> bool:
        """Whether the next call stays where it was: a caller decided nothing, or has not shown to know the order."""
        is_callers = self.direction is Direction.INBOUND or (self.is_by_caller and self.is_unproven)
        return is_callers and self.verdict is None

    @property
    def is_inbound_without_decision(self) -> bool:
        """Whether it is a call to us in which nobody has decided anything by now who may."""
        return self.direction is Direction.INBOUND and (self.verdict is None or self.is_unproven)

    @property
    def is_in_budget(self) -> bool:
        """Whether it is one of the calls that the order may cost: none to us, and none that a stranger asked for or joined."""
        is_strangers = self.is_by_caller and self.is_unproven
        return self.direction is Direction.OUTBOUND and not (self.is_call_back or is_strangers)

    @property
    def is_streaming(self) -> bool:
        """Whether the bridge has the call's media stream and has not told the end of the conversation."""
        return self.stream_sid is not None and self.stream_closed_at is None

    @property
    def is_machine(self) -> bool:
        """Whether Twilio's detection took the callee for a machine; `unknown` counts as a person."""
        return self.answered_by is not None and (self.answered_by.startswith("machine_") or self.answered_by == "fax")

    @property
    def has_greeting_ended(self) -> bool:
        """Whether Twilio's detection waited for the end of the machine's greeting: a message may be left now."""
        return self.answered_by is not None and self.answered_by.startswith("machine_end")

    @property
    def late_verdict(self) -> Verdict | None:
        """What the customer decided, if it was heard of after the attempt had ended, and has not counted."""
        is_late = self.result is not None and self.verdict is not None and self.result.value != self.verdict.kind.value
        return self.verdict if is_late and self.phase is Phase.ENDED else None

    @property
    def is_decided(self) -> bool:
        """Whether a decision that ends the confirmation stands at this moment."""
        return self.verdict is not None and self.verdict.kind.outcome is not None


@dataclass(frozen=True, slots=True)
class AccountWait:
    """The telephone account may not place the order's call as it is set up.

    `since` is when that was first found, since the last call; `scope` names what the account refused (`account_holds.py`), None
    if it was not this order's own call.
    """

    since: datetime
    scope: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One order to be confirmed by phone. `sequence` counts the events that the shop was told."""

    id: str
    shop: str
    order: Order
    company: str
    customer: Customer
    created_at: datetime
    updated_at: datetime
    call: CallWishes = field(default_factory=CallWishes)
    metadata: dict[str, str] = field(default_factory=dict)
    request_digest: str = ""
    status: Status = Status.WAITING
    outcome: Outcome | None = None
    evidence: Evidence | None = None
    attempts: tuple[Attempt, ...] = ()
    next_attempt_at: datetime | None = None
    waiting_for: WaitingFor | None = None  # set while it is waiting, but in records of earlier programs
    account_wait: AccountWait | None = None  # kept while a call is tried once more, until one has ended
    withdrawn_at: datetime | None = None
    erasure_requested_at: datetime | None = None  # the customer's data is to be erased as soon as nobody is on the line
    is_test: bool = False  # taken in with a test key: nobody is phoned, its calls are simulated
    is_unplanned: bool = True  # nothing is scheduled yet: the dial policy is to be asked
    sequence: int = 0
    schema: int = SCHEMA_VERSION

    @property
    def is_finished(self) -> bool:
        """Whether the last call has ended and the outcome is set."""
        return self.status is Status.FINISHED

    @property
    def open_attempt(self) -> Attempt | None:
        """The attempt that is under way, of which there is at most one."""
        return self.attempts[-1] if self.attempts and self.attempts[-1].is_open else None

    @property
    def rung_attempts(self) -> tuple[Attempt, ...]:
        """The attempts whose place a caller took and whose own call, which rang, is still to be cancelled."""
        return tuple(attempt for attempt in self.attempts if attempt.rung_call_sid is not None)

    @property
    def last_result(self) -> AttemptResult | None:
        """The result of the last attempt that ended."""
        return next((attempt.result for attempt in reversed(self.attempts) if attempt.result is not None), None)

    @property
    def account_wait_ends_at(self) -> datetime | None:
        """When the order is given up if it still waits for the telephone account then; None if it does not wait for it."""
        if self.account_wait is None or self.waiting_for is not WaitingFor.ACCOUNT:
            return None
        ends_at = self.account_wait.since + ACCOUNT_WAIT
        return ends_at if self.call.expires_at is None else min(ends_at, self.call.expires_at)

    @property
    def attempts_spent(self) -> int:
        """How many calls count against the budget."""
        return sum(attempt.is_in_budget for attempt in self.attempts)

    @property
    def call_back_asked_in(self) -> Attempt | None:
        """The attempt in which a caller asked for a call back that has not been made."""
        for attempt in reversed(self.attempts):
            if attempt.asks_call_back:
                return attempt
            if not attempt.is_inbound_without_decision:
                break
        return None

    def may_call_back(self, asking: Attempt, at: datetime) -> bool:
        """Tell whether a caller without proof may ask for a call back in this attempt: one caller may in 24 hours."""
        return not any(
            other.id != asking.id and other.is_unproven and other.asks_call_back and at < other.placed_at + UNPROVEN_CALL_BACK_EVERY
            for other in self.attempts
        )
