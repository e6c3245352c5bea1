"""Places one call: decides again, commits the intent, asks Twilio once, and records Twilio's answer."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from ulid import ULID

from services.dialer_worker.calls.account_holds import AccountHolds, HeldCall
from services.dialer_worker.calls.create_call_result import (
    AccountRefused,
    CallHeld,
    CreateCallResult,
    NotSent,
    NumberRefused,
    Placed,
    RequestRefused,
    Throttled,
    Unclear,
)
from services.dialer_worker.calls.give_up import give_up_if_opted_out
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.twilio_client import CallRequest, Ending, TwilioClient
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core import ids
from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.planned_transition import PlannedTransition
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, Fact, PlacingHeld, PlacingRefused, PlacingUndone
from shared.core.order import OnMachine
from shared.store import Store
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.stream_token import issue
from shared.twilio.twiml import stream_twiml

# No request is sent later than this: the reconciler must be sure that none is still on its way to Twilio.
_SEND_WITHIN_S = 2.0
_Recorded = Placed | NumberRefused | HeldCall | RequestRefused | AccountRefused | Throttled | NotSent | Unclear
_PAUSE_S = (1.0, 3.0)  # before another try of a request that was not sent or was throttled; spread, so that workers differ

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialer:
    """Calls customers. `clock` returns seconds and goes on while the machine sleeps; `rng` spreads the pauses."""

    store: Store
    twilio_client: TwilioClient
    reconciler: Reconciler
    account_holds: AccountHolds
    settings: Settings
    report_count: ReportCount
    clock: Callable[[], float]
    rng: random.Random

    async def place_call(self, confirmation: Confirmation) -> None:
        """Call the customer if the call is still wanted and allowed now. The store has granted the confirmation a call.

        Raises:
            StoreUnavailableError: Redis is away; the due time brings the confirmation back.
            TelephonyError: Twilio could not be asked to end a call that is no longer wanted.
        """
        if await give_up_if_opted_out(self.store, confirmation):
            return
        if await self.account_holds.hold_of(confirmation) is not None:
            await self.reconciler.plan(confirmation)
            await self.store.dialing.due.give_back(confirmation.id)
            return
        intent = await self._commit_intent(confirmation)
        if intent is None:
            await self.store.dialing.due.give_back(confirmation.id)
            return
        attempt, is_in_time = intent
        structlog.contextvars.bind_contextvars(attempt_id=attempt.id)
        result = await self.twilio_client.create_call(self._request(confirmation, attempt), is_in_time=is_in_time)
        self.report_count(WorkerCount(CountKind.PLACING, _METRIC_LABELS[type(result)]))
        if isinstance(result, AccountRefused):  # before the order is queued again, which would try it again at once
            await self.store.dialing.circuit.open(result.reason)
            _log.error("dialing_paused", code=result.code, reason=result.reason)
        held = await self.account_holds.refused(confirmation, attempt, result) if isinstance(result, CallHeld) else result
        step = await self._record(confirmation, attempt, held)
        await self._act_on(result, attempt, step)
        if isinstance(result, Placed):
            await self.account_holds.accepted(confirmation)

    async def _commit_intent(self, confirmation: Confirmation) -> tuple[Attempt, Callable[[], bool]] | None:
        """Commit the attempt; return it and a function that tells whether its request may still be sent.

        Return None if the customer may not be called now: then the commit has planned the next call instead.
        """
        attempt_id = ids.attempt_id(ULID())
        from_number = await self.store.dialing.caller_ids.next(self.settings.twilio_from_numbers)
        begun_at = self.clock()  # read before the commit, so that the deadline is never later than the reconciler assumes
        step = await self.store.confirmations.apply(confirmation.id, lambda now: AttemptBegun(now, attempt_id, from_number))
        attempt = step.confirmation.open_attempt
        if attempt is None or attempt.id != attempt_id:
            return None
        limit_s = send_within_s(self.settings.reconcile_after_s)
        return attempt, lambda: self.clock() - begun_at <= limit_s

    def _request(self, confirmation: Confirmation, attempt: Attempt) -> CallRequest:
        settings, urls = self.settings, CallbackUrls(self.settings.public_url)
        token = issue(settings.signing_secrets[0], confirmation.id, attempt.id)
        return CallRequest(
            to=confirmation.customer.phone,
            from_number=attempt.from_number or "",
            ring_timeout_s=settings.ring_timeout_s,
            time_limit_s=settings.call_time_limit_s,
            twiml=stream_twiml(public_url=settings.public_url, token=token, confirmation_id=confirmation.id, attempt_id=attempt.id),
            status_url=urls.status(confirmation.id, attempt.id),
            amd_url=urls.amd(confirmation.id, attempt.id) if settings.machine_detection == "async" else None,
            waits_for_beep=confirmation.call.on_machine is OnMachine.LEAVE_MESSAGE,
        )

    async def _record(self, confirmation: Confirmation, attempt: Attempt, result: _Recorded) -> PlannedTransition | None:
        """Commit what the result means for the attempt; commit nothing if it is unclear."""
        if isinstance(result, Unclear):
            _log.warning("placing_left_unclear", reason=result.reason)
            return None
        pause_s = self.rng.uniform(*_PAUSE_S)

        def fact(now: datetime) -> Fact:
            match result:
                case Placed(call_sid):
                    return CallPlaced(now, attempt.id, call_sid)
                case NumberRefused(_, reason):
                    return PlacingRefused(now, attempt.id, reason, is_final=True)
                case HeldCall(scope, reason, retry_at):
                    return PlacingHeld(now, attempt.id, retry_at, scope, reason)
                case RequestRefused(_, reason):
                    return PlacingRefused(now, attempt.id, reason, is_final=False)
                case Throttled(retry_after_s):
                    return PlacingUndone(now, attempt.id, now + timedelta(seconds=(retry_after_s or 0) + pause_s))
                case NotSent():
                    return PlacingUndone(now, attempt.id, now + timedelta(seconds=pause_s))
                case AccountRefused():
                    return PlacingUndone(now, attempt.id, now)
                case _:  # pragma: no cover
                    assert_never(result)

        return await self.store.confirmations.apply(confirmation.id, fact)

    async def _act_on(self, result: CreateCallResult, attempt: Attempt, step: PlannedTransition | None) -> None:
        """Do what the result means beyond this order's record."""
        match result:
            case Placed(call_sid):
                _log.info("call_placed", call_sid=call_sid)
                await self._close_circuit()
                await self._stop_if_unwanted(step, attempt, call_sid)
            case NumberRefused(code, reason):
                await self._close_circuit()
                _log.warning("number_refused", code=code, reason=reason)
            case CallHeld():
                await self._close_circuit()
            case RequestRefused(code, reason):
                await self._close_circuit()
                _log.error("request_refused", code=code, reason=reason)
            case AccountRefused() | Throttled() | NotSent() | Unclear():
                _log.info("call_not_placed", result=_METRIC_LABELS[type(result)])
            case _:  # pragma: no cover
                assert_never(result)

    async def _stop_if_unwanted(self, step: PlannedTransition | None, attempt: Attempt, call_sid: str) -> None:
        """Cancel the call if the order was withdrawn, a caller took its place, or the attempt was taken out of the record."""
        if step is None:
            return
        after = step.confirmation
        if all(known.id != attempt.id for known in after.attempts):
            _log.error("stale_call_cancelled", call_sid=call_sid)
            await self.twilio_client.end_call(call_sid, Ending.CANCELED)
        elif after.withdrawn_at is not None or after.rung_attempts:
            await self.reconciler.reconcile(after, after.updated_at)

    async def _close_circuit(self) -> None:
        """Resume dialing if it was paused: by this answer, Twilio accepts requests of the account again."""
        if await self.store.dialing.circuit.state() is not None:
            await self.store.dialing.circuit.close()
            _log.warning("dialing_resumed")


def send_within_s(reconcile_after_s: float) -> float:
    """Return how long after the intent a request may be sent; always well before the reconciler asks Twilio about it."""
    return min(_SEND_WITHIN_S, reconcile_after_s / 3)


_METRIC_LABELS: dict[type[CreateCallResult], str] = {
    Placed: "placed",
    NumberRefused: "number_refused",
    CallHeld: "held_by_account",
    RequestRefused: "request_refused",
    Throttled: "throttled",
    AccountRefused: "account_refused",
    NotSent: "not_sent",
    Unclear: "unclear",
}
