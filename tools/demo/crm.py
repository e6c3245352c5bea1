"""The shop's CRM in the demo: listens on the outcome channel and reads the stream, as any CRM may."""

import json
from typing import Any

from redis.asyncio import Redis

Event = dict[str, Any]  # Any: a CloudEvents envelope as JSON


class Crm:
    """Collects the events of the channel `outcomes:SHOP`; `logged` reads the stream, which misses none."""

    def __init__(self, redis: "Redis", shop: str) -> None:
        self._redis = redis
        self._shop = shop
        self._pubsub = redis.pubsub(ignore_subscribe_messages=True)
        self.received: dict[str, Event] = {}

    async def listen(self) -> None:
        """Subscribe; after that, call `take_in` again and again."""
        await self._pubsub.subscribe(f"outcomes:{self._shop}")

    async def take_in(self) -> None:
        """Store the events that have arrived, by order id; wait a tenth of a second at most."""
        while message := await self._pubsub.get_message(timeout=0.1):
            event: Event = json.loads(message["data"])
            self.received[event["data"]["order_id"]] = event

    async def logged(self) -> list[Event]:
        """Return all events of the stream, oldest first."""
        entries: Any = await self._redis.xrange(f"outcomes:{self._shop}:log")  # Any: the client's own type is a union
        return [json.loads(fields[b"event"]) for _, fields in entries]

    async def close(self) -> None:
        """Stop listening."""
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # redis-py has no type for it
