"""Erases the recordings of confirmations that no longer exist: the folder is compared with the store again and again.

No message to the bridge is needed, so none can get lost. For whatever reason a confirmation was erased (its retention time,
the customer's request), the next sweep of each bridge erases its recordings, also after a crash or a long stop.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog
from prometheus_client import Counter

from services.media_bridge.recordings.disk_threads import on_disk
from shared.core.errors import StoreUnavailableError
from shared.core.ids import CONFIRMATION_ID
from shared.runtime.private_files import create_private

log = structlog.get_logger()

_LEAST_PAUSE_S = 10.0
_SHARE = 0.05  # of the time at most is swept, however many recordings there are
_AT_ONCE = 200
_NAME = re.compile(rf"({CONFIRMATION_ID})-\d+\.wav", re.ASCII)
_OWNER = ".store"


Existing = Callable[[Sequence[str]], Awaitable[frozenset[str]]]


class RecordingRetention:
    """Sweeps one folder. The folder belongs to one store, whose name it holds; compared with another store nothing is erased.

    `identity` returns the store's name, `existing` those of some confirmations that exist; both raise `StoreUnavailableError`.
    Without the name, a wrong `REDIS_URL` or a Redis that lost everything would erase every recording.
    """

    def __init__(
        self,
        folder: Path,
        *,
        identity: Callable[[], Awaitable[str]],
        existing: Existing,
        erased: Counter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._identity = identity
        self._existing = existing
        self._erased = erased
        self._clock = clock
        self._is_reported = False

    async def run(self) -> None:
        """Sweep until cancelled; a sweep that fails is followed by the next."""
        while True:
            began = self._clock()
            try:
                await self.sweep()
            except (StoreUnavailableError, OSError) as error:
                log.warning("recordings_not_swept", error=type(error).__name__)
            await asyncio.sleep(pause_s(self._clock() - began))

    async def sweep(self) -> int:
        """Erase the recordings without a confirmation; returns how many files those were.

        Raises:
            StoreUnavailableError: Redis is away.
            OSError: The disk refuses.
        """
        recordings = await on_disk(self._recordings)
        if not recordings or not await self._is_ours():
            return 0
        ids, count = list(recordings), 0
        for start in range(0, len(ids), _AT_ONCE):
            handful = ids[start : start + _AT_ONCE]
            existing = await self._existing(handful)
            gone = [path for one in handful if one not in existing for path in recordings[one]]
            await on_disk(_erase, gone)
            count += len(gone)
        if count:
            self._erased.inc(count)
            log.info("recordings_erased", count=count)
        return count

    def _recordings(self) -> dict[str, list[Path]]:
        """Return the recordings by their confirmation; files of other names are not ours."""
        found: dict[str, list[Path]] = {}
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if name := _NAME.fullmatch(path.name):
                    found.setdefault(name[1], []).append(path)
        return found

    async def _is_ours(self) -> bool:
        identity = await self._identity()
        is_ours = await on_disk(self._owner, identity) == identity
        if not is_ours and not self._is_reported:
            log.error("recordings_of_another_store", remedy=f"if they are this store's, remove {_OWNER} from the folder")
        self._is_reported = not is_ours
        return is_ours

    def _owner(self, identity: str) -> str:
        """Return the name of the store that the folder belongs to; a folder without one is given `identity`."""
        path = self._folder / _OWNER
        owner = path.read_text("ascii") if path.exists() else ""
        if not owner:  # the file may exist and be empty: its writer died
            create_private(path)
            path.write_text(identity, "ascii")
        return owner or identity


def pause_s(took_s: float) -> float:
    """Return how long to wait after a sweep that took `took_s` seconds."""
    return max(_LEAST_PAUSE_S, took_s / _SHARE)


def _erase(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
