"""What is recorded of a call while it runs: it was answered, its stream opened, somebody decided."""

from dataclasses import replace
from datetime import datetime

from shared.core.confirmation import Attempt, Confirmation, Phase
from shared.core.lifecycle.changes import Transition, tell_status, update_attempt, with_attempt, with_call
from shared.core.lifecycle.facts import StreamOpened, VerdictGiven
from shared.core.outcome import Status, Verdict, VerdictKind


def answered(confirmation: Confirmation, attempt: Attempt, at: datetime) -> Transition:
    """Record that the call was answered; the shop is told once."""
    in_call = replace(attempt, phase=Phase.ANSWERED, answered_at=attempt.answered_at or at)
    if confirmation.status is Status.IN_CALL:
        return update_attempt(confirmation, in_call, at)
    return tell_status(replace(with_attempt(confirmation, in_call, at), status=Status.IN_CALL))


def stream_opened(confirmation: Confirmation, attempt: Attempt, fact: StreamOpened) -> Transition:
    """Use the token up: one stream an attempt, and only for the attempt's own call."""
    if attempt.stream_sid is not None or (attempt.call_sid or fact.call_sid) != fact.call_sid:
        return Transition(confirmation)
    opened = replace(
        with_call(attempt, fact.call_sid),
        stream_sid=fact.stream_sid,
        prompt_version=fact.prompt_version or attempt.prompt_version,
    )
    return answered(confirmation, opened, fact.at)


def verdict_given(confirmation: Confirmation, attempt: Attempt, fact: VerdictGiven) -> Transition:
    """Let the newest verdict stand; none counts after the shop's withdrawal or after a machine was detected.

    A caller without proof may ask for a call back to the stored number, once in 24 hours, at once and without a word of evidence,
    and for nothing else. Our side's own conclusion counts no longer once somebody has decided.
    """
    if confirmation.withdrawn_at is not None or (attempt.is_machine and fact.verdict.kind is not VerdictKind.MACHINE):
        return Transition(confirmation)
    verdict = fact.verdict
    if attempt.is_unproven:
        if verdict.kind is not VerdictKind.CALLBACK_REQUESTED or not confirmation.may_call_back(attempt, fact.at):
            return Transition(confirmation)
        verdict = Verdict(kind=verdict.kind, channel=verdict.channel, at=verdict.at, callback_at=fact.at, language=verdict.language)
    return update_attempt(confirmation, replace(attempt, verdict=verdict, conclusion=None), fact.at)
