"""A CRM that listens: records when each outcome reaches it, over pub/sub and over the stream.

`python -m bench.delivery.subscriber REDIS_URL SHOP`. A line of input ends it; then it prints JSON: for pub/sub and the stream,
each event's subject and the time at which it came (monotonic nanoseconds).
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis


class _Event(msgspec.Struct):
    subject: str


async def _pub_sub(redis: "Redis", shop: str, heard: dict[str, int]) -> None:
    async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
        await pubsub.subscribe(f"outcomes:{shop}")
        async for message in pubsub.listen():
            heard[msgspec.json.decode(message["data"], type=_Event).subject] = time.monotonic_ns()


async def _stream(redis: "Redis", shop: str, heard: dict[str, int]) -> None:
    last: bytes = b"$"
    while True:
        found: Any = await redis.xread({f"outcomes:{shop}:log": last}, block=0)  # Any: a list of pairs in protocol 2
        for _, entries in found:
            for entry_id, fields in entries:
                heard[msgspec.json.decode(fields[b"event"], type=_Event).subject] = time.monotonic_ns()
                last = entry_id


async def _listen(redis_url: str, shop: str) -> None:
    published: dict[str, int] = {}
    streamed: dict[str, int] = {}
    async with Redis.from_url(redis_url, protocol=2) as redis, asyncio.TaskGroup() as group:
        listening = [group.create_task(_pub_sub(redis, shop, published)), group.create_task(_stream(redis, shop, streamed))]
        await asyncio.to_thread(sys.stdin.readline)
        for task in listening:
            task.cancel()
    sys.stdout.write(msgspec.json.encode({"pub/sub": published, "stream": streamed}).decode() + "\n")


def main(arguments: Sequence[str]) -> None:
    """Listen until a line of input ends the program."""
    asyncio.run(_listen(arguments[0], arguments[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
