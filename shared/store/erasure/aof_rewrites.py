"""Rewrites Redis's append-only file after erasures: until then the file still holds what was erased, as it was written."""

from datetime import timedelta
from enum import Enum, auto

from redis.exceptions import NoPermissionError, ResponseError

from shared.store import keys
from shared.store.redis.connection import Client, translated

PAUSE = timedelta(minutes=5)
"""How long all processes wait after a rewrite: each copies the whole database."""


class Rewrite(Enum):
    """What became of a wish to rewrite the file."""

    NOT_WANTED = auto()  # nothing was erased, or somebody rewrote the file a short time ago
    STARTED = auto()
    POSTPONED = auto()  # Redis is rewriting already, or cannot now
    NO_FILE = auto()  # Redis keeps no append-only file
    NOT_PERMITTED = auto()  # our user of Redis lacks INFO or BGREWRITEAOF


class AofRewrites:
    """The rewrites of one Redis. Each erasure counts itself in its own transaction; any process may then ask for the rewrite."""

    def __init__(self, client: Client, *, pause: timedelta = PAUSE) -> None:
        self._client = client
        self._pause_ms = int(pause.total_seconds() * 1000)

    async def rewrite_if_wanted(self) -> Rewrite:
        """Have the file rewritten if something was erased, at most once in `pause` over all processes.

        Raises:
            StoreUnavailableError: Redis did not answer.
        """
        async with translated():
            erased = int(await self._client.get(keys.ERASURES) or 0)
            if not erased or not await self._client.set(keys.REWRITE_PAUSE, "1", nx=True, px=self._pause_ms):
                return Rewrite.NOT_WANTED
            try:
                persistence = await self._client.info("persistence")
                if not persistence.get("aof_enabled"):
                    return Rewrite.NO_FILE
                await self._client.bgrewriteaof()
            except NoPermissionError:
                return Rewrite.NOT_PERMITTED
            except ResponseError:
                return Rewrite.POSTPONED
            await self._client.decrby(keys.ERASURES, erased)
        return Rewrite.STARTED
