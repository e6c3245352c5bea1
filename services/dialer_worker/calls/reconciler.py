"""Settles what got lost: placings without an answer, calls without an end, orders whose moment has passed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from services.dialer_worker.calls.account_holds import AccountHolds
from services.dialer_worker.calls.twilio_client import Call, Ending, TwilioClient
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.dialing.planned_transition import plan
from shared.core.dialing.reconciliation import Reconciliation, due_reconciliation
from shared.core.lifecycle.facts import CallAnswered, CallEnded, CallNotListed, CallPlaced, ConversationLost, Fact, PlacingUndone
from shared.core.outcome import AttemptResult
from shared.store import RetainedUnread, Store
from shared.twilio.vocabulary import is_unanswered, line_result_of

# Twilio's clock and Redis's may differ. Looking further back is safe: calls of other attempts are known by their sids.
CLOCKS_DIFFER = timedelta(seconds=60)

_log = structlog.get_logger(__name__)


class Reconciler:
    """Brings one confirmation at a time in line with what Twilio says. Doing so twice does no harm."""

    def __init__(
        self,
        *,
        store: Store,
        twilio_client: TwilioClient,
        account_holds: AccountHolds,
        policy: DialPolicy,
        report_count: ReportCount,
    ) -> None:
        self._store = store
        self._twilio_client = twilio_client
        self._account_holds = account_holds
        self._policy = policy
        self._report_count = report_count

    async def reconcile(self, confirmation: Confirmation, now: datetime) -> Reconciliation:
        """Do what the confirmation needs at `now`, Redis's time when it was read, and return what that was.

        Raises:
            TelephonyError: Twilio could not be asked; the due time brings the confirmation back.
        """
        kind = due_reconciliation(confirmation, self._policy, now)
        match kind:
            case Reconciliation.NOTHING | Reconciliation.SIMULATE_CALL:
                pass
            case Reconciliation.ERASE:
                return await self._erase(confirmation)
            case Reconciliation.PLAN:
                await self.plan(confirmation)
            case _:
                await self._reconcile_call(kind, confirmation)
        return kind

    async def plan(self, confirmation: Confirmation) -> None:
        """Ask the dial policy when the order is called, and the caps and the account's holds whether they allow it."""
        held = await self._store.dialing.caps.held(confirmation)
        if held is not None and held.is_first:
            self._report_count(WorkerCount(CountKind.SPEND_LIMIT, confirmation.shop))
            _log.warning("spend_limit_reached", shop=confirmation.shop, until=held.hold.until.isoformat())
        hold = await self._account_holds.hold_of(confirmation) if held is None else held.hold
        await self._store.confirmations.apply_if(confirmation.id, lambda found, now: plan(found, self._policy, now, hold))

    async def _erase(self, confirmation: Confirmation) -> Reconciliation:
        """Erase a confirmation; if its outcome was not read, log by which consumer groups."""
        answer = await self._store.erasure.eraser.erase_if_over(confirmation.id)
        if answer is None or not answer.unread_by:
            return Reconciliation.ERASE
        event, kind = "outcome_erased_unread", Reconciliation.ERASE_UNREAD
        if isinstance(answer, RetainedUnread):
            event, kind = "outcome_kept_unread", Reconciliation.KEEP_UNREAD
        _log.warning(event, shop=confirmation.shop, unread_by=list(answer.unread_by))
        return kind

    async def _reconcile_call(self, kind: Reconciliation, confirmation: Confirmation) -> None:
        if kind is Reconciliation.CANCEL_RUNG_CALL:
            for rung in confirmation.rung_attempts:
                await self._cancel_rung_call(confirmation.id, rung)
            return
        attempt = confirmation.open_attempt
        if attempt is None:
            return
        match kind:
            case Reconciliation.FIND_CALL:
                await self._find(confirmation, attempt)
            case Reconciliation.CANCEL_CALL:
                await self._cancel(confirmation, attempt)
            case Reconciliation.END_CALL:
                await self._apply_end(confirmation.id, lambda now: ConversationLost(now, attempt.id))
            case Reconciliation.HANG_UP:
                await self._hang_up(confirmation, attempt)
            case _:
                await self._look_up(confirmation, attempt)

    async def _find(self, confirmation: Confirmation, attempt: Attempt) -> None:
        """Ask Twilio's list for a placing without news; only one that is absent twice is taken back."""
        since = attempt.placed_at - CLOCKS_DIFFER
        calls = await self._twilio_client.calls_to(confirmation.customer.phone, since=since)
        others = await self._sids_of_other_attempts(confirmation, attempt)
        unclaimed = [call for call in calls if call.from_number == attempt.from_number and call.sid not in others]
        if unclaimed:
            call = min(unclaimed, key=lambda found: _distance(found, attempt))
            _log.info("lost_call_found", attempt_id=attempt.id, call_sid=call.sid, status=call.status)
            await self._record_found(confirmation.id, attempt, call)
        elif attempt.missing_since is None:
            await self._store.confirmations.apply(confirmation.id, lambda now: CallNotListed(now, attempt.id))
        else:
            _log.info("placing_proven_absent", attempt_id=attempt.id)
            await self._store.confirmations.apply(confirmation.id, lambda now: PlacingUndone(now, attempt.id, retry_at=now))

    async def _record_found(self, confirmation_id: str, attempt: Attempt, call: Call) -> None:
        if call.is_over:
            await self._end(confirmation_id, attempt, call, line_result_of(call.status))
        else:
            await self._store.confirmations.apply(confirmation_id, lambda now: CallPlaced(now, attempt.id, call.sid))

    async def _sids_of_other_attempts(self, confirmation: Confirmation, attempt: Attempt) -> frozenset[str]:
        """Return the calls to the same number that are known to belong to other attempts, of whatever order."""
        orders = await self._store.lookups.of_phone(confirmation.customer.phone)
        return frozenset(
            other.call_sid
            for order in (confirmation, *orders)
            for other in order.attempts
            if other.call_sid is not None and other.id != attempt.id
        )

    async def _cancel(self, confirmation: Confirmation, attempt: Attempt) -> None:
        """Stop the ringing; a customer who has picked up meanwhile hears the bridge's goodbye."""
        if attempt.call_sid is None:
            return
        cancelled = await self._twilio_client.end_call(attempt.call_sid, Ending.CANCELED)
        if cancelled is not None:
            await self._end(confirmation.id, attempt, cancelled, AttemptResult.NO_ANSWER)
            return
        call = await self._twilio_client.fetch_call(attempt.call_sid)
        if call is None:
            await self._end_unknown(confirmation.id, attempt)
        elif call.is_over:
            await self._end(confirmation.id, attempt, call, line_result_of(call.status))
        elif not is_unanswered(call.status):
            await self._store.confirmations.apply(confirmation.id, lambda now: CallAnswered(now, attempt.id, call.sid))

    async def _cancel_rung_call(self, confirmation_id: str, attempt: Attempt) -> None:
        """Stop our own call: the customer whom it rings is on the line already. If a machine picked it up, it is hung up."""
        if attempt.rung_call_sid is None:
            return
        for ending in (Ending.CANCELED, Ending.COMPLETED):
            if await self._twilio_client.end_call(attempt.rung_call_sid, ending) is not None:
                break
        await self._apply_end(confirmation_id, lambda now: CallEnded(now, attempt.id, None, call_sid=attempt.rung_call_sid))

    async def _hang_up(self, confirmation: Confirmation, attempt: Attempt) -> None:
        """End a call whose conversation is done; Twilio's answer counts as its end."""
        if attempt.call_sid is None:
            return
        call = await self._twilio_client.end_call(attempt.call_sid, Ending.COMPLETED)
        if call is None:
            call = await self._twilio_client.fetch_call(attempt.call_sid)
        if call is None:
            await self._end_unknown(confirmation.id, attempt)
        else:
            await self._end(confirmation.id, attempt, call, None)

    async def _look_up(self, confirmation: Confirmation, attempt: Attempt) -> None:
        """Ask what became of a call that must be over, and end it if it is not."""
        call = None if attempt.call_sid is None else await self._twilio_client.fetch_call(attempt.call_sid)
        if call is None:
            await self._end_unknown(confirmation.id, attempt)
        elif call.is_over:
            await self._end(confirmation.id, attempt, call, line_result_of(call.status))
        else:
            was_answered = not is_unanswered(call.status)
            ending = Ending.COMPLETED if was_answered else Ending.CANCELED
            ended = await self._twilio_client.end_call(call.sid, ending)
            if ended is not None:  # else it changed in between: the next look sees what it became
                await self._end(confirmation.id, attempt, ended, None if was_answered else AttemptResult.NO_ANSWER)

    async def _end_unknown(self, confirmation_id: str, attempt: Attempt) -> None:
        await self._apply_end(
            confirmation_id,
            lambda now: CallEnded(now, attempt.id, AttemptResult.ERROR, reason="the call is not known to twilio"),
        )

    async def _end(self, confirmation_id: str, attempt: Attempt, call: Call, line_result: AttemptResult | None) -> None:
        def ended(now: datetime) -> CallEnded:
            talked_s = None if attempt.answered_at is None else round((now - attempt.answered_at).total_seconds())
            duration_s = talked_s if call.duration_s is None else call.duration_s
            return CallEnded(now, attempt.id, line_result, call_sid=call.sid, duration_s=duration_s)

        await self._apply_end(confirmation_id, ended)

    async def _apply_end(self, confirmation_id: str, make_fact: Callable[[datetime], Fact]) -> None:
        step = await self._store.confirmations.apply(confirmation_id, make_fact)
        if step.is_changed:
            _log.info("call_end_reconciled", status=step.confirmation.status.value)


def _distance(call: Call, attempt: Attempt) -> timedelta:
    """Return how far a call's creation lies from the intent; one without a date is the last choice."""
    return timedelta.max if call.created_at is None else abs(call.created_at - attempt.placed_at)
