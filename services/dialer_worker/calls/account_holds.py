"""What the telephone account refuses as it is set up: holds the orders that this is about, and frees them once it accepts one."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from services.dialer_worker.calls.create_call_result import CallHeld, HeldBy
from services.dialer_worker.worker_counts import CountKind, ReportCount, WorkerCount
from shared.core.confirmation import Attempt, Confirmation
from shared.core.dialing.account_holds import country_scope, scopes_of, sender_scope
from shared.core.dialing.caps import Hold
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.outcome import WaitingFor
from shared.store import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A refused call: what of the account refuses it (`scope`), and when its order asks again."""

    scope: str
    reason: str
    retry_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHolds:
    """The holds that all workers share in the store, in terms of orders and of Twilio's answers."""

    store: Store
    policy: DialPolicy
    report_count: ReportCount

    async def hold_of(self, confirmation: Confirmation) -> Hold | None:
        """Return what the account holds of the order; None if it may be called, or is to be tried for all that are held."""
        until = await self.store.dialing.account_holds.held_until(confirmation.id, self._scopes(confirmation))
        return None if until is None else Hold(until, WaitingFor.ACCOUNT)

    async def refused(self, confirmation: Confirmation, attempt: Attempt, result: CallHeld) -> HeldCall:
        """Hold what Twilio has refused. A person must change the account, so it is logged and, for a country, counted."""
        if result.held_by is HeldBy.COUNTRY:
            country = self.policy.country_of(confirmation.customer.phone) or "unknown"
            self.report_count(WorkerCount(CountKind.COUNTRY_REFUSED, country))
            _log.warning("country_not_permitted", country=country)
            scope = country_scope(country)
        else:
            scope = sender_scope(attempt.from_number or "")
        scope, retry_at = await self.store.dialing.account_holds.hold(confirmation.id, scope)
        _log.error("call_held_by_account", code=result.code, reason=result.reason, retry_at=retry_at.isoformat())
        return HeldCall(scope, result.reason, retry_at)

    async def accepted(self, confirmation: Confirmation) -> None:
        """Free the orders that the account refused like this one: it has accepted its call."""
        scopes = self._scopes(confirmation)
        if scopes and await self.store.dialing.account_holds.release(scopes):
            _log.warning("account_hold_released")

    def _scopes(self, confirmation: Confirmation) -> tuple[str, ...]:
        return () if confirmation.is_test else scopes_of(confirmation, self.policy.country_of(confirmation.customer.phone))
