"""Runs of one script gathered from many callers: those who come while a round trip is under way share the next one."""

import asyncio
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError

from shared.store.redis.connection import Client
from shared.store.redis.scripts import Call, Script, try_many

_MOST_AT_ONCE = 64
_MOST_UNDER_WAY = 2  # one is being answered while the next is on its way
_LEAD = object()

_Waiting = tuple[Call, asyncio.Future[Any]]


class BatchedScript:
    """One of the callers sends for all that wait, and then hands the lead to the next: there is no task that could die.

    Each call must be one that can be repeated, as a round trip that failed may have been carried out.
    """

    def __init__(self, client: Client, script: Script) -> None:
        self._client = client
        self._script = script
        self._waiting: list[_Waiting] = []
        self._under_way = 0

    async def run(self, call: Call) -> Any:  # noqa: ANN401 - a reply's shape is the script's
        """Run the script once and return its reply; what Redis or the connection raises is raised here."""
        if self._under_way < _MOST_UNDER_WAY:
            self._under_way += 1
        else:
            reply = await self._reply_or_lead(call)
            if reply is not _LEAD:
                return reply
        others, self._waiting = self._waiting[: _MOST_AT_ONCE - 1], self._waiting[_MOST_AT_ONCE - 1 :]
        try:
            return await self._send(call, [one for one in others if not one[1].done()])
        finally:
            self._hand_over()

    async def _reply_or_lead(self, call: Call) -> Any:  # noqa: ANN401 - the reply, or `_LEAD`
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting = (call, future)
        self._waiting.append(waiting)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None and future.result() is _LEAD:
                self._hand_over()
            raise

    async def _send(self, call: Call, others: list[_Waiting]) -> Any:  # noqa: ANN401 - the reply to `call`
        try:
            replies = await try_many(self._client, self._script, [call, *(other for other, _ in others)])
        except BaseException as error:
            told = error if isinstance(error, Exception) else RedisConnectionError("whoever sent this had to stop")
            for _, future in others:
                if not future.done():
                    future.set_exception(told)
            raise
        for (_, future), reply in zip(others, replies[1:], strict=True):
            if future.done():
                continue
            if isinstance(reply, Exception):
                future.set_exception(reply)
            else:
                future.set_result(reply)
        if isinstance(replies[0], Exception):
            raise replies[0]
        return replies[0]

    def _hand_over(self) -> None:
        """Let the first who still waits send for the others; nobody sends where nobody waits."""
        while self._waiting:
            _, future = self._waiting.pop(0)
            if not future.done():
                future.set_result(_LEAD)
                return
        self._under_way -= 1
