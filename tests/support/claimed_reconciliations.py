"""Claims confirmations that are due to be reconciled, as the dialer would."""

import asyncio

from shared.store import Store


async def claimed_reconciliations(store: Store) -> list[str]:
    """Claim what is due now; a due time is rounded up to the next millisecond, so this may take one."""
    async with asyncio.timeout(5):
        while not (claimed := await store.dialing.due.claim_reconciliations()):
            pass
    return claimed
