"""Reads the stream of outcomes as a member of a consumer group: it acknowledges an entry only after the CRM has stored it."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError, ResponseError

from tools.crm_example.database import Database, Taken

_BATCH = 100
_MOST_PAUSE_S = 5.0
_LATEST, _OWN_PENDING = ">", "0"

Entries = Sequence[tuple[str, Mapping[str, str] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The stream, the group and the reader's name. The reader takes over entries that another one left for `claim_after_s`."""

    shop: str
    group: str
    consumer: str
    claim_after_s: float

    @property
    def stream(self) -> str:
        """The stream's key."""
        return f"outcomes:{self.shop}:log"


class Consumer:
    """Reads until `stop` is set. It calls `tell` with a line for each event that changed an order."""

    def __init__(self, client: Any, database: Database, place: Place, *, tell: Callable[[str], None]) -> None:  # noqa: ANN401 - redis-py names every reply of every client
        self._client = client
        self._database = database
        self._place = place
        self._tell = tell

    def run(self, stop: threading.Event) -> None:
        """Read until `stop` is set, also after Redis was away: entries that were not acknowledged are read again."""
        pause_s = 0.1
        while not stop.is_set():
            try:
                self.prepare()
                while not stop.is_set():
                    self.read(block_ms=2000)
                    pause_s = 0.1
            except RedisError as error:
                self._tell(f"Redis is away ({type(error).__name__}); again in {pause_s:.1f} s")
                stop.wait(pause_s)
                pause_s = min(pause_s * 2, _MOST_PAUSE_S)

    def drain(self) -> None:
        """Read all there is, and return."""
        self.prepare()
        while self.read():
            pass

    def prepare(self) -> None:
        """Create the group at the stream's beginning; then process the entries that this reader got and did not acknowledge."""
        try:
            self._client.xgroup_create(self._place.stream, self._place.group, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        while self._read(_OWN_PENDING):
            pass

    def read(self, *, block_ms: int | None = None) -> int:
        """Take over abandoned entries, then read new ones; return the number of entries."""
        place = self._place
        idle_ms = int(place.claim_after_s * 1000)
        _, claimed, *_ = self._client.xautoclaim(place.stream, place.group, place.consumer, idle_ms, "0-0", _BATCH)
        return self._take(claimed) + self._read(_LATEST, block_ms=None if claimed else block_ms)

    def _read(self, start: str, *, block_ms: int | None = None) -> int:
        place = self._place
        found = self._client.xreadgroup(place.group, place.consumer, {place.stream: start}, count=_BATCH, block=block_ms)
        return sum(self._take(entries) for _, entries in found or ())

    def _take(self, entries: Entries) -> int:
        """Store each entry, then acknowledge it. After a crash in between, Redis delivers it again, which changes nothing."""
        for entry_id, fields in entries:
            if fields:  # an entry that was deleted meanwhile comes without fields
                self._store(entry_id, fields)
            self._client.xack(self._place.stream, self._place.group, entry_id)
        return len(entries)

    def _store(self, entry_id: str, fields: Mapping[str, str]) -> None:
        try:
            event = json.loads(fields["event"])
            taken = self._database.take(event)
        except (KeyError, TypeError, ValueError):
            self._database.reject(entry_id, fields)
            self._tell(f"{entry_id} is no event and was put aside (table `rejected`)")
            return
        if taken is Taken.CHANGED:
            self._tell(f"{event['data']['order_id']}: {event['data']['outcome']}")
