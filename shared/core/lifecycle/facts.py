"""What can happen to a confirmation: past facts, each naming the attempt it is about, so that a late or doubled one is known."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.core.confirmation import Conclusion
from shared.core.outcome import AttemptResult, Outcome, Verdict, WaitingFor


@dataclass(frozen=True, slots=True)
class Submitted:
    """The shop's order was accepted."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The dial policy planned the next call, for now (`is_due`) or later; `call_at` is None if the order expires first.

    `waiting_for` says why later.
    """

    at: datetime
    call_at: datetime | None
    is_due: bool
    waiting_for: WaitingFor | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """No further call is made: the dial policy says so, or the do-not-call list."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class AttemptBegun:
    """The intent to call, written before the request to Twilio leaves."""

    at: datetime
    attempt_id: str
    from_number: str


@dataclass(frozen=True, slots=True)
class InboundCallArrived:
    """The customer phoned us about this order; `must_prove` unless the caller's number is trusted (`INBOUND_PROOF=off`)."""

    at: datetime
    attempt_id: str
    call_sid: str
    prompt_version: str | None = None
    must_prove: bool = True


@dataclass(frozen=True, slots=True)
class CallerJoined:
    """The customer phoned us while we were ringing: the attempt is this call from now on, and ours is to be cancelled."""

    at: datetime
    attempt_id: str
    call_sid: str
    must_prove: bool = True


@dataclass(frozen=True, slots=True)
class CallerProven:
    """The caller has shown to know the order: from now on it may be told and decided."""

    at: datetime
    attempt_id: str


@dataclass(frozen=True, slots=True)
class ProofFailed:
    """The caller offered a wrong proof: with it there have been `failures` in this call."""

    at: datetime
    attempt_id: str
    failures: int


@dataclass(frozen=True, slots=True)
class CallPlaced:
    """Twilio has the call: its answer, a callback or its call list says so."""

    at: datetime
    attempt_id: str
    call_sid: str


@dataclass(frozen=True, slots=True)
class CallNotListed:
    """Twilio's call list was searched for a call of which nothing had been heard, and does not hold it."""

    at: datetime
    attempt_id: str


@dataclass(frozen=True, slots=True)
class PlacingUndone:
    """The call is proven not to exist and counts as no attempt; it is placed again from `retry_at` on."""

    at: datetime
    attempt_id: str
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class PlacingHeld:
    """Twilio refused to place the call because of how the account is set up, which a person may change.

    `scope` names what is refused (`shared/core/dialing/account_holds.py`); the call is tried again from `retry_at` on.
    """

    at: datetime
    attempt_id: str
    retry_at: datetime
    scope: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlacingRefused:
    """Twilio refused to place the call: always, because of the number (`is_final`), or only this time."""

    at: datetime
    attempt_id: str
    reason: str
    is_final: bool


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """Somebody or something picked up."""

    at: datetime
    attempt_id: str
    call_sid: str


@dataclass(frozen=True, slots=True)
class CalleeClassified:
    """Twilio's machine detection decided: `answered_by` is its word (`human`, `machine_start`, `fax`, `unknown` …)."""

    at: datetime
    attempt_id: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The media stream presented its token, which is thereby used up."""

    at: datetime
    attempt_id: str
    call_sid: str
    stream_sid: str
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True)
class DisclosurePlayed:
    """The customer has heard that an automated assistant speaks (its mark came back)."""

    at: datetime
    attempt_id: str


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """Somebody decided, by voice or key; it replaces an earlier verdict of the same call."""

    at: datetime
    attempt_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ConversationEnded:
    """The bridge, or the keypad in TwiML, is done with the call; `conclusion` is None if a verdict stands."""

    at: datetime
    attempt_id: str
    conclusion: Conclusion | None
    reason: str
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ConversationLost:
    """The end of the conversation is not waited for any longer: the bridge has died, or has not told it in time."""

    at: datetime
    attempt_id: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over. `line_result` is what the line said (`busy`, `no_answer`, `declined`, `failed`), None if it was answered.

    While the bridge still has the call's stream, the end is held until `ConversationEnded` or `ConversationLost`.
    """

    at: datetime
    attempt_id: str
    line_result: AttemptResult | None
    call_sid: str | None = None
    duration_s: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The shop took the order back."""

    at: datetime


@dataclass(frozen=True, slots=True)
class ErasureRequested:
    """The customer's data is to be erased: the order is taken back, and erased as soon as it is finished."""

    at: datetime


AttemptFact = (
    CallPlaced
    | CallerJoined
    | CallerProven
    | ProofFailed
    | CallNotListed
    | PlacingUndone
    | PlacingHeld
    | PlacingRefused
    | CallAnswered
    | CalleeClassified
    | StreamOpened
    | DisclosurePlayed
    | VerdictGiven
    | ConversationEnded
    | ConversationLost
    | CallEnded
)
"""What can happen in an attempt that has begun."""

Fact = Submitted | Scheduled | GivenUp | AttemptBegun | InboundCallArrived | AttemptFact | Withdrawn | ErasureRequested
