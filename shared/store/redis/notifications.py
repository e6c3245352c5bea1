"""Notifications between processes over Redis channels: they say "look again", and carry nothing else.

Each process has one subscription. A task that is interested in a channel gets an event, which is set when a message comes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from redis.exceptions import RedisError

from shared.store import keys
from shared.store.redis.connection import Client, cancellations, close_client, raise_swallowed

PING_EVERY_S = 5.0
_SILENT_PINGS = 2.5  # a connection on which nothing came for this many ping intervals is dead
_SEND_LIMIT_S = 2.0  # for connecting, and for each change of the subscription
_RECONNECT_PAUSE_S = 0.2


class _EventSubject(msgspec.Struct):
    """The part of an event's envelope that says which confirmation it is about."""

    subject: str


_subject_decoder = msgspec.json.Decoder(_EventSubject)


class Notifications:
    """Events by channel. Without `run` an event is set once, when it is made, and by no message."""

    def __init__(self, client: Client, *, ping_every_s: float = PING_EVERY_S) -> None:
        """Make it over a `client` of its own, which must not reconnect by itself (`NoRetry`)."""
        self._client = client
        self._ping_every_s = ping_every_s
        self._subscribers: dict[str, dict[str | None, set[asyncio.Event]]] = {}
        self._reading: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Receive messages until cancelled, and connect anew after each loss of the connection.

        All events are set after a new connection, because messages may have been missed.
        """
        before = cancellations()
        while True:
            raise_swallowed(before)
            try:
                async with self._client.pubsub() as pubsub:
                    await self._receive(pubsub, before)
            except (RedisError, OSError, TimeoutError):
                await asyncio.sleep(_RECONNECT_PAUSE_S)

    @asynccontextmanager
    async def subscribe(self, channel: str, *, subject: str | None = None) -> AsyncIterator[asyncio.Event]:
        """Subscribe to a channel; the event is set when a message comes, and must be cleared before its reader looks.

        With a `subject` it is set only for events about that confirmation.
        """
        notified = asyncio.Event()
        notified.set()
        subscribers = self._subscribers.setdefault(channel, {})
        subscribers.setdefault(subject, set()).add(notified)
        self._interrupt_reading()
        try:
            yield notified
        finally:
            subscribers[subject].discard(notified)
            if not subscribers[subject]:
                del subscribers[subject]
            if not subscribers:
                self._subscribers.pop(channel, None)
                self._interrupt_reading()

    async def close(self) -> None:
        """Close the connection; `run` must have ended."""
        await close_client(self._client)

    def _interrupt_reading(self) -> None:
        """Let `run` adapt the subscription: only it may use the connection, and it may be waiting for a message."""
        if self._reading is not None and not self._reading.expired():
            self._reading.reschedule(asyncio.get_running_loop().time())

    async def _receive(self, pubsub: Any, before: int) -> None:  # noqa: ANN401  # Any: redis-py's PubSub, untyped as the client is
        subscribed: set[str] = set()
        received_at = pinged_at = time.monotonic()
        while True:
            subscribed = await self._adapt(pubsub, subscribed)
            message = await self._next_message(pubsub)
            raise_swallowed(before)
            now = time.monotonic()
            if message is not None:
                received_at = now
                self._notify(message)
            if now - received_at > _SILENT_PINGS * self._ping_every_s:
                raise TimeoutError("redis: the subscription went silent")
            if now - pinged_at >= self._ping_every_s:
                pinged_at = now
                async with asyncio.timeout(_SEND_LIMIT_S):
                    await pubsub.ping()

    async def _adapt(self, pubsub: Any, subscribed: set[str]) -> set[str]:  # noqa: ANN401  # Any: as in `_receive`
        """Subscribe to what is wanted and not yet subscribed to, unsubscribe from the rest; return what is subscribed to now."""
        wanted = {keys.IDLE_CHANNEL, *self._subscribers}
        async with asyncio.timeout(_SEND_LIMIT_S):
            if missing := wanted - subscribed:
                await pubsub.subscribe(*missing)
            if unwanted := subscribed - wanted:
                await pubsub.unsubscribe(*unwanted)
        return wanted

    async def _next_message(self, pubsub: Any) -> dict[str, Any] | None:  # noqa: ANN401  # Any: as in `_receive`
        """Return the next message; None if none came for a ping interval, or what is wanted has changed.

        redis-py keeps what it has read of a message when a read is interrupted: its own timeout does the same.
        """
        began_at = time.monotonic()
        try:
            async with asyncio.timeout(None) as self._reading:
                message: dict[str, Any] | None = await pubsub.get_message(timeout=self._ping_every_s)  # Any: values of many types
        except TimeoutError:
            return None  # interrupted
        finally:
            self._reading = None
        if message is None and time.monotonic() - began_at < self._ping_every_s / 2:
            # redis-py takes the kernel's ETIMEDOUT for the end of its own waiting, again and again
            raise TimeoutError("redis: the network gave the subscription up")
        return message

    def _notify(self, message: dict[str, Any]) -> None:  # Any: redis-py's message, with values of many types
        """Set the events that a message concerns, and all of a channel when it is subscribed to: earlier messages were missed."""
        subscribers = self._subscribers.get(message["channel"].decode(), {}) if message["channel"] else {}
        match message["type"]:
            case "subscribe":
                _set_all(subscribers)
            case "message":
                has_subjects = len(subscribers) > (None in subscribers)
                for subject in {None, _subject_of(message["data"]) if has_subjects else None}:
                    for notified in subscribers.get(subject, ()):
                        notified.set()


def _set_all(subscribers: Mapping[str | None, AbstractSet[asyncio.Event]]) -> None:
    for events in subscribers.values():
        for notified in events:
            notified.set()


def _subject_of(message: bytes) -> str | None:
    """Return the confirmation that an event is about; None if the message is no event's envelope."""
    try:
        return _subject_decoder.decode(message).subject
    except msgspec.MsgspecError:
        return None
