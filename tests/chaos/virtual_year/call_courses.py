"""The courses that a call can take: pairs of seconds after the intent, and the fact that becomes known then."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from shared.core.confirmation import Attempt, Conclusion
from shared.core.lifecycle.facts import (
    CallAnswered,
    CalleeClassified,
    CallEnded,
    CallNotListed,
    CallPlaced,
    ConversationEnded,
    Fact,
    PlacingRefused,
    PlacingUndone,
    VerdictGiven,
)
from shared.core.outcome import AttemptResult, Channel, Verdict, VerdictKind

MakeFact = Callable[[datetime], Fact]
CallCourse = Iterator[tuple[float, MakeFact]]
_LINE_RESULTS = (AttemptResult.BUSY, AttemptResult.NO_ANSWER, AttemptResult.FAILED)
_VERDICTS = (
    *[VerdictKind.CONFIRMED] * 8,
    VerdictKind.CANCELLED,
    VerdictKind.CHANGE_REQUESTED,
    VerdictKind.WRONG_NUMBER,
    VerdictKind.OPTED_OUT,
    *[VerdictKind.CALLBACK_REQUESTED] * 6,
    VerdictKind.MACHINE,
)


def call_course(attempt: Attempt, rng: Random, *, must_be_over_s: float) -> CallCourse:
    """Yield one of the courses that a call can take; each leads to the call's end."""
    kind, call_sid = rng.random(), f"CA{rng.getrandbits(60)}"
    if kind < 0.06:
        yield 0.3, lambda now: PlacingUndone(now, attempt.id, now + timedelta(seconds=rng.uniform(1, 3)))  # 429
    elif kind < 0.08:
        yield from _proven_absent(attempt)
    elif kind < 0.1:
        is_final = rng.random() < 0.2
        yield 0.3, lambda now: PlacingRefused(now, attempt.id, "twilio", is_final=is_final)
    else:
        yield rng.choice((0.2, 300)), lambda now: CallPlaced(now, attempt.id, call_sid)
        yield from _on_the_line(attempt, call_sid, rng, must_be_over_s)


def _proven_absent(attempt: Attempt) -> CallCourse:
    yield 300, lambda now: CallNotListed(now, attempt.id)
    yield 315, lambda now: PlacingUndone(now, attempt.id, retry_at=now)


def _on_the_line(attempt: Attempt, call_sid: str, rng: Random, must_be_over_s: float) -> CallCourse:
    over_s = rng.uniform(15, 200) if rng.random() < 0.95 else must_be_over_s  # callbacks lost: looked up at Twilio
    if rng.random() < 0.5:
        result = rng.choice(_LINE_RESULTS)
        yield over_s, lambda now: CallEnded(now, attempt.id, result, call_sid=call_sid)
        return
    yield 8, lambda now: CallAnswered(now, attempt.id, call_sid)
    said = rng.random()
    if said < 0.15:
        yield 11, lambda now: CalleeClassified(now, attempt.id, "machine_start")
    elif said < 0.7:
        kind, wished_s = rng.choice(_VERDICTS), rng.choice((None, rng.uniform(-10_000, 1_000_000)))
        yield 12, lambda now: VerdictGiven(now, attempt.id, _verdict(kind, now, wished_s))
    yield 14, lambda now: ConversationEnded(now, attempt.id, rng.choice((None, *Conclusion)), "over")
    yield over_s, lambda now: CallEnded(now, attempt.id, None, call_sid=call_sid)


def _verdict(kind: VerdictKind, now: datetime, wished_s: float | None) -> Verdict:
    callback_at = None if wished_s is None or kind is not VerdictKind.CALLBACK_REQUESTED else now + timedelta(seconds=wished_s)
    return Verdict(kind=kind, channel=Channel.VOICE, at=now, callback_at=callback_at)
