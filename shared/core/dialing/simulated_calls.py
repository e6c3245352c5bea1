"""Test orders: what a call to a test number comes to, as the facts that would tell of a real call. Nobody is phoned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.confirmation import Attempt, Conclusion
from shared.core.ids import ATTEMPT_PREFIX
from shared.core.lifecycle.facts import (
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallPlaced,
    ConversationEnded,
    DisclosurePlayed,
    Fact,
    PlacingRefused,
    VerdictGiven,
)
from shared.core.outcome import AttemptResult, Channel, Verdict, VerdictKind

CALLBACK_S = 10
TALKED_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """How one call to a test number goes: the first of these that is set decides.

    `refusal` is the reason why it could not be placed, `line` what the line said, `verdict` what the customer decided,
    `conclusion` what our side made of a call without a decision.
    """

    refusal: str | None = None
    line: AttemptResult | None = None
    verdict: VerdictKind | None = None
    channel: Channel = Channel.VOICE
    conclusion: Conclusion | None = None


_CONFIRMED = SimulatedCall(verdict=VerdictKind.CONFIRMED)

# By the number's last six digits, the first call, the second and so on; further calls go like the last.
SIMULATED_CALLS: Mapping[str, tuple[SimulatedCall, ...]] = {
    "000101": (_CONFIRMED,),
    "000102": (SimulatedCall(verdict=VerdictKind.CANCELLED),),
    "000103": (SimulatedCall(verdict=VerdictKind.CHANGE_REQUESTED),),
    "000104": (SimulatedCall(verdict=VerdictKind.WRONG_NUMBER),),
    "000105": (SimulatedCall(verdict=VerdictKind.OPTED_OUT),),
    "000106": (SimulatedCall(line=AttemptResult.BUSY),),
    "000107": (SimulatedCall(line=AttemptResult.NO_ANSWER),),
    "000108": (SimulatedCall(conclusion=Conclusion.MACHINE),),
    "000109": (SimulatedCall(refusal="test: the phone number is not valid"),),
    "000110": (SimulatedCall(verdict=VerdictKind.CALLBACK_REQUESTED), _CONFIRMED),
    "000111": (SimulatedCall(line=AttemptResult.NO_ANSWER), _CONFIRMED),
    "000112": (SimulatedCall(verdict=VerdictKind.CONFIRMED, channel=Channel.KEYPAD),),
    "000113": (SimulatedCall(verdict=VerdictKind.CANCELLED, channel=Channel.KEYPAD),),
    "000114": (SimulatedCall(conclusion=Conclusion.UNDECIDED),),
    "000115": (SimulatedCall(conclusion=Conclusion.ERROR),),
    "000116": (SimulatedCall(line=AttemptResult.FAILED),),
}
_DIGITS = 6
_QUOTES = {
    VerdictKind.CONFIRMED: "Po, e konfirmoj.",
    VerdictKind.CANCELLED: "Jo, anulojeni.",
    VerdictKind.CHANGE_REQUESTED: "Dua ta ndryshoj adresën.",
    VerdictKind.WRONG_NUMBER: "Keni gabuar numrin.",
    VerdictKind.OPTED_OUT: "Mos më telefononi më.",
    VerdictKind.CALLBACK_REQUESTED: "Më telefononi më vonë.",
}


def simulated_call(phone: str, attempt_number: int) -> SimulatedCall:
    """Return how a call to `phone` goes; any number that is not in the table confirms."""
    calls = SIMULATED_CALLS.get(phone[-_DIGITS:], (_CONFIRMED,))
    return calls[min(attempt_number, len(calls)) - 1]


def simulated_facts(phone: str, attempt: Attempt, now: datetime) -> list[Fact]:
    """Return all that happens in an attempt, in order; what has happened already does no harm when told again."""
    call, sid = simulated_call(phone, attempt.number), f"CAtest{attempt.id.removeprefix(ATTEMPT_PREFIX)}"
    if call.refusal is not None:
        return [PlacingRefused(now, attempt.id, call.refusal, is_final=True)]
    placed = CallPlaced(now, attempt.id, sid)
    if call.line is not None:
        return [placed, CallEnded(now, attempt.id, call.line, call_sid=sid, duration_s=0)]
    answered_by = "machine_start" if call.conclusion is Conclusion.MACHINE else "human"
    return [
        placed,
        CallAnswered(now, attempt.id, sid),
        CalleeClassified(now, attempt.id, answered_by),
        DisclosurePlayed(now, attempt.id),
        _conversation(call, attempt, now),
        CallEnded(now, attempt.id, None, call_sid=sid, duration_s=TALKED_S),
    ]


def _conversation(call: SimulatedCall, attempt: Attempt, now: datetime) -> Fact:
    kind = call.verdict
    if kind is None:
        return ConversationEnded(now, attempt.id, call.conclusion, "test")
    is_spoken = call.channel is Channel.VOICE
    callback_at = now + timedelta(seconds=CALLBACK_S) if kind is VerdictKind.CALLBACK_REQUESTED else None
    quote = _QUOTES[kind] if is_spoken else None
    verdict = Verdict(kind=kind, channel=call.channel, at=now, quote=quote, note="test", callback_at=callback_at)
    return VerdictGiven(now, attempt.id, verdict)
