"""What the telephone account refuses as it is set up: orders that this holds, and the one that is tried now and then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.core.dialing.account_holds import look_again_at, order_scope
from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, run

_CALLED_LATELY_MS = 3_600_000
_IN_A_ROW = 3  # orders that are refused one after the other; fewer may be about their numbers
_MOST_PROBE_MS = 30_000  # if the one that is tried has shown nothing by then, another one is


class AccountHolds:
    """Holds by scope (`shared/core/dialing/account_holds.py`), shared by all workers, by Redis's clock."""

    def __init__(self, client: Client, *, probe_every_s: float) -> None:
        self._client = client
        self._every_ms = int(probe_every_s * 1000)
        self._every = timedelta(seconds=probe_every_s)

    async def held_until(self, confirmation_id: str, scopes: Sequence[str]) -> datetime | None:
        """Return when the order is to ask again; None if it may be called: nothing holds it, or it is the one to be tried."""
        probe_ms = min(self._every_ms, _MOST_PROBE_MS)
        for scope in scopes:
            async with translated():
                until = await run(
                    self._client, Script.HELD_BY_ACCOUNT, keys=[keys.account_hold(scope)], args=[confirmation_id, probe_ms]
                )
            if until:
                return look_again_at(from_ms(float(until)), confirmation_id, every=self._every)
        return None

    async def hold(self, confirmation_id: str, scope: str) -> tuple[str, datetime]:
        """Note that the account refused a call of that scope; return what is held now, and when the order is to ask again.

        If calls of the scope have been accepted lately, that is the order alone.
        """
        own = order_scope(confirmation_id)
        async with translated():
            until, is_alone = await run(
                self._client,
                Script.HOLD_BY_ACCOUNT,
                keys=[keys.account_hold(scope), keys.account_hold(own)],
                args=[confirmation_id, self._every_ms, _IN_A_ROW],
            )
        return own if is_alone else scope, look_again_at(from_ms(float(until)), confirmation_id, every=self._every)

    async def release(self, scopes: Sequence[str]) -> bool:
        """Hold nothing more of these scopes, of which a call was accepted; tell whether anything was held."""
        names = [keys.account_hold(scope) for scope in scopes]
        async with translated():
            return bool(await run(self._client, Script.ACCEPT_BY_ACCOUNT, keys=names, args=[_CALLED_LATELY_MS]))
