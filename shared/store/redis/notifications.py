"""Messages between processes, as bells: one subscription a process; a bell says "look again" and carries nothing."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import RedisError

from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.store import keys
from shared.store.records.confirmations import Confirmations
from shared.store.redis.connection import Client, cancellations, raise_swallowed

PING_EVERY_S = 5.0
_SILENT_PINGS = 2.5  # after so many without any answer the connection is dead
_TELL_LIMIT_S = 1.0
_PAUSE_S = 0.5
LOOK_ANYWAY_S = 60.0  # a message may be lost; that of a connection that is, is noticed earlier
_SUBJECT = re.compile(rb'"subject":"([^"]*)"')  # of an event's envelope
_HOME = "signals"  # a channel that nobody speaks on: a subscription without any channel can't be read


class Notifications:
    """Bells by channel. `run` must be running; until it is, bells ring only when they are hung."""

    def __init__(self, client: Client, *, ping_every_s: float = PING_EVERY_S) -> None:
        self._client = client
        self._ping_every_s = ping_every_s
        self._bells: dict[str, dict[str | None, set[asyncio.Event]]] = {}
        self._pubsub: Any = None

    async def run(self) -> None:
        """Listen for ever, through losses of the connection; after each, all bells ring, for something may be missed."""
        before = cancellations()
        while True:
            raise_swallowed(before)
            try:
                async with self._client.pubsub() as pubsub:
                    known = set(self._bells)
                    await pubsub.subscribe(_HOME, *known)
                    self._pubsub = pubsub
                    if late := self._bells.keys() - known:
                        await pubsub.subscribe(*late)
                    self._ring_all()
                    await self._listen(pubsub, before)
            except (RedisError, OSError, TimeoutError):
                await asyncio.sleep(_PAUSE_S)
            finally:
                self._pubsub = None

    @asynccontextmanager
    async def subscribe(self, channel: str, *, subject: str | None = None) -> AsyncIterator[asyncio.Event]:
        """Hang a bell on a channel; it rings when something was said there, and is to be cleared before one looks.

        With a `subject` it rings only for events about that confirmation.
        """
        bell = asyncio.Event()
        bell.set()
        bells = self._bells.setdefault(channel, {})
        is_first = not bells
        bells.setdefault(subject, set()).add(bell)
        try:
            if is_first:
                await self._tell("subscribe", channel)
            yield bell
        finally:
            bells[subject].discard(bell)
            if not bells[subject]:
                del bells[subject]
            if not bells:
                self._bells.pop(channel, None)
                await self._tell("unsubscribe", channel)

    async def _tell(self, word: str, channel: str) -> None:
        """Change the subscription; where the connection is lost, the next one starts with the right channels.

        Only `_listen` may read from the connection or connect it anew, so this writes to it and does nothing else.
        """
        if self._pubsub is None:
            return
        if word == "subscribe":
            self._pubsub.channels[channel.encode()] = None
        else:
            self._pubsub.channels.pop(channel.encode(), None)
        connection = self._pubsub.connection
        if connection is None or not connection.is_connected:
            return
        before = cancellations()
        try:
            async with asyncio.timeout(_TELL_LIMIT_S):
                await connection.send_packed_command(connection.pack_command(word, channel), check_health=False)
        except (RedisError, OSError, TimeoutError):
            pass  # `_listen` will notice
        raise_swallowed(before)

    async def _listen(self, pubsub: Any, before: int) -> None:  # noqa: ANN401 - redis-py's own type
        heard = pinged = time.monotonic()
        while True:
            message = await pubsub.get_message(timeout=self._ping_every_s)
            raise_swallowed(before)
            now = time.monotonic()
            if message is not None:
                heard = now
                self._ring(message)
            if now - heard > _SILENT_PINGS * self._ping_every_s:
                raise TimeoutError("redis: the subscription went silent")
            if now - pinged >= self._ping_every_s:
                pinged = now
                await pubsub.ping()

    def _ring(self, message: dict[str, Any]) -> None:
        """Ring on a message, and on the confirmation of a subscription, before which something may have been said."""
        bells = self._bells.get(message["channel"].decode(), {}) if message["channel"] else {}
        match message["type"]:
            case "subscribe":
                _ring_each(bells)
            case "message":
                found = len(bells) > (None in bells) and _SUBJECT.search(message["data"])
                for subject in (None, found[1].decode() if found else None):
                    for bell in bells.get(subject, ()):
                        bell.set()

    def _ring_all(self) -> None:
        for bells in self._bells.values():
            _ring_each(bells)


def _ring_each(bells: Mapping[str | None, AbstractSet[asyncio.Event]]) -> None:
    for hung in bells.values():
        for bell in hung:
            bell.set()


class Watch:
    """A confirmation as it changes under a running call."""

    def __init__(self, bell: asyncio.Event, confirmations: Confirmations, confirmation_id: str, *, look_anyway_s: float) -> None:
        self._bell = bell
        self._confirmations = confirmations
        self._id = confirmation_id
        self._look_anyway_s = look_anyway_s

    async def changed(self) -> Confirmation:
        """Return the confirmation: at first at once, then whenever the call should look again; waits while Redis is away.

        Raises:
            NotFoundError: It was erased.
        """
        while True:
            try:
                async with asyncio.timeout(self._look_anyway_s):
                    await self._bell.wait()
            except TimeoutError:
                pass  # look anyway
            self._bell.clear()
            try:
                return await self._confirmations.get(self._id)
            except StoreUnavailableError:
                await asyncio.sleep(_PAUSE_S)
                self._bell.set()


class Watches:
    """Makes watches. The bridge of a running call hears of machine detection, withdrawal and the call's end."""

    def __init__(self, notifications: Notifications, confirmations: Confirmations, *, look_anyway_s: float = LOOK_ANYWAY_S) -> None:
        self._notifications = notifications
        self._confirmations = confirmations
        self._look_anyway_s = look_anyway_s

    @asynccontextmanager
    async def watch(self, confirmation_id: str, attempt_id: str) -> AsyncIterator[Watch]:
        """Watch a confirmation for the time of one call."""
        async with self._notifications.subscribe(keys.attempt_channel(attempt_id)) as bell:
            yield Watch(bell, self._confirmations, confirmation_id, look_anyway_s=self._look_anyway_s)
