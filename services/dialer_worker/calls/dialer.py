"""Places one call: decides anew, writes the intent, asks Twilio once, and records what Twilio said."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import structlog
from ulid import ULID

from services.dialer_worker.calls.create_call_result import (
    COUNTRY_NOT_PERMITTED,
    AccountRefused,
    NotSent,
    NumberRefused,
    Placed,
    PlacingAnswer,
    RequestRefused,
    Throttled,
    Unclear,
)
from services.dialer_worker.calls.reconciler import Reconciler
from services.dialer_worker.calls.twilio_client import CallRequest, Ending, Telephony
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import Count, Figure, Tally
from shared.core import ids
from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.advance import Step
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced, Fact, GivenUp, PlacingRefused, PlacingUndone
from shared.core.order import OnMachine
from shared.core.outcome import Outcome
from shared.store import Store
from shared.twilio.callback_urls import CallbackUrls
from shared.twilio.stream_token import issue
from shared.twilio.twiml import stream_twiml

# After this no request may leave: whoever reconciles the placing must be sure that nothing is still on its way.
_SEND_WITHIN_S = 2.0
_PAUSE_S = (1.0, 3.0)  # before a call that did not leave, or was throttled, is tried again; the spread keeps workers apart

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialer:
    """Calls one customer. `clock` counts seconds, also while the machine sleeps; `rng` spreads the pauses."""

    store: Store
    telephony: Telephony
    reconciler: Reconciler
    settings: Settings
    policy: DialPolicy
    tally: Tally
    clock: Callable[[], float]
    rng: random.Random

    async def place_call(self, confirmation: Confirmation) -> None:
        """Call the customer if that is still wanted and allowed at this very moment. The caller holds the grant."""
        if await self.store.opt_outs.contains(confirmation.shop, confirmation.customer.phone):
            await self.store.confirmations.apply_if(confirmation.id, _given_up)
            return
        claimed = await self._claim(confirmation)
        if claimed is None:
            await self.store.due.give_back(confirmation.id)
            return
        attempt, is_in_time = claimed
        structlog.contextvars.bind_contextvars(attempt_id=attempt.id)
        answer = await self.telephony.place(self._request(confirmation, attempt), is_in_time=is_in_time)
        self.tally(Count(Figure.PLACING, _WORDS[type(answer)]))
        if isinstance(answer, AccountRefused):  # before the order is queued again, or it would be tried again at once
            await self.store.circuit.open(answer.reason)
            _log.error("dialing_paused", code=answer.code, reason=answer.reason)
        step = await self._record(confirmation, attempt, answer)
        await self._follow(step, attempt, answer)

    async def _claim(self, confirmation: Confirmation) -> tuple[Attempt, Callable[[], bool]] | None:
        """Write the intent; where nobody may be called now, the commit plans anew instead and this returns None.

        Return the attempt, and a question: whether its request may still leave.
        """
        attempt_id = ids.attempt_id(ULID())
        from_number = await self.store.caller_ids.next(self.settings.twilio_from_numbers)
        begun_at = self.clock()  # before the commit, so that the limit is never longer than the reconciler believes
        step = await self.store.confirmations.apply(confirmation.id, lambda now: AttemptBegun(now, attempt_id, from_number))
        attempt = step.confirmation.open_attempt
        if attempt is None or attempt.id != attempt_id:
            return None
        limit_s = send_within_s(self.settings.reconcile_after_s)
        return attempt, lambda: self.clock() - begun_at <= limit_s

    def _request(self, confirmation: Confirmation, attempt: Attempt) -> CallRequest:
        settings, urls = self.settings, CallbackUrls(self.settings.public_url)
        token = issue(settings.signing_secret.get_secret_value(), confirmation.id, attempt.id)
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

    async def _record(self, confirmation: Confirmation, attempt: Attempt, answer: PlacingAnswer) -> Step | None:
        """Commit what the answer means for the attempt; nothing where it is unclear."""
        if isinstance(answer, Unclear):
            _log.warning("placing_left_unclear", reason=answer.reason)
            return None
        pause_s = self.rng.uniform(*_PAUSE_S)

        def fact(now: datetime) -> Fact:
            match answer:
                case Placed(call_sid):
                    return CallPlaced(now, attempt.id, call_sid)
                case NumberRefused(_, reason):
                    return PlacingRefused(now, attempt.id, reason, is_final=True)
                case RequestRefused(_, reason):
                    return PlacingRefused(now, attempt.id, reason, is_final=False)
                case Throttled(retry_after_s):
                    return PlacingUndone(now, attempt.id, now + timedelta(seconds=(retry_after_s or 0) + pause_s))
                case NotSent():
                    return PlacingUndone(now, attempt.id, now + timedelta(seconds=pause_s))
                case AccountRefused():
                    return PlacingUndone(now, attempt.id, now)
                case _:  # pragma: no cover
                    assert_never(answer)

        return await self.store.confirmations.apply(confirmation.id, fact)

    async def _follow(self, step: Step | None, attempt: Attempt, answer: PlacingAnswer) -> None:
        """Do what the answer means beyond this order."""
        match answer:
            case Placed(call_sid):
                _log.info("call_placed", call_sid=call_sid)
                await self._close_circuit()
                await self._stop_if_unwanted(step, attempt, call_sid)
            case NumberRefused(code, reason):
                await self._close_circuit()
                _log.warning("number_refused", code=code, reason=reason)
                if code in COUNTRY_NOT_PERMITTED:
                    self._warn_of_country(step)
            case RequestRefused(code, reason):
                await self._close_circuit()
                _log.error("request_refused", code=code, reason=reason)
            case AccountRefused() | Throttled() | NotSent() | Unclear():
                _log.info("call_not_placed", result=_WORDS[type(answer)])
            case _:  # pragma: no cover
                assert_never(answer)

    def _warn_of_country(self, step: Step | None) -> None:
        """Name the country that the account may not call: one switch in Twilio's console, for all its orders."""
        phone = "" if step is None else step.confirmation.customer.phone
        country = self.policy.country_of(phone) or "unknown"
        self.tally(Count(Figure.COUNTRY_REFUSED, country))
        _log.warning("country_not_permitted", country=country)

    async def _stop_if_unwanted(self, step: Step | None, attempt: Attempt, call_sid: str) -> None:
        """End the ringing of an order taken back meanwhile, or of an attempt that is no longer ours."""
        if step is None:
            return
        after = step.confirmation
        if all(known.id != attempt.id for known in after.attempts):
            _log.error("stale_call_cancelled", call_sid=call_sid)
            await self.telephony.end(call_sid, Ending.CANCELED)
        elif after.withdrawn_at is not None:
            await self.reconciler.reconcile(after, after.updated_at)

    async def _close_circuit(self) -> None:
        """Let dialing go on where it was paused: Twilio took this request for one of an account in order."""
        if await self.store.circuit.state() is not None:
            await self.store.circuit.close()
            _log.warning("dialing_resumed")


def send_within_s(reconcile_after_s: float) -> float:
    """Return how long after the intent a request may leave; always well before anybody asks Twilio what became of it."""
    return min(_SEND_WITHIN_S, reconcile_after_s / 3)


_WORDS: dict[type[PlacingAnswer], str] = {
    Placed: "placed",
    NumberRefused: "number_refused",
    RequestRefused: "request_refused",
    Throttled: "throttled",
    AccountRefused: "account_refused",
    NotSent: "not_sent",
    Unclear: "unclear",
}


def _given_up(confirmation: Confirmation, now: datetime) -> Fact | None:
    """End an order whose number is on the shop's do-not-call list, unless a call is going on."""
    return GivenUp(now, Outcome.UNDIALABLE) if confirmation.open_attempt is None else None
