"""Batches the runs of one script: callers that come while a round trip is under way share the next one."""

import asyncio
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError

from shared.store.redis.connection import Client
from shared.store.redis.scripts import Call, Script, try_many

_MAX_BATCH = 64
_MAX_UNDER_WAY = 2  # one is answered while the next is sent
_LEAD = object()  # the result of a caller that waits no longer for a reply, but must send the next batch

_Waiting = tuple[Call, asyncio.Future[Any]]  # Any: the script's reply, or `_LEAD`


class BatchedScript:
    """Runs one script for many callers. One of them sends for all that wait and then passes the lead on: no task could die.

    Each call must be repeatable, because a round trip that failed may have been carried out.
    """

    def __init__(self, client: Client, script: Script) -> None:
        self._client = client
        self._script = script
        self._waiting: list[_Waiting] = []
        self._under_way = 0

    async def run(self, call: Call) -> Any:  # noqa: ANN401  # Any: each script has a reply of its own shape
        """Run the script once and return its reply; errors of Redis and of the connection are raised here."""
        if self._under_way < _MAX_UNDER_WAY:
            self._under_way += 1
        else:
            reply = await self._reply_or_lead(call)
            if reply is not _LEAD:
                return reply
        others, self._waiting = self._waiting[: _MAX_BATCH - 1], self._waiting[_MAX_BATCH - 1 :]
        try:
            return await self._send(call, [waiting for waiting in others if not waiting[1].done()])
        finally:
            self._pass_lead_on()

    async def _reply_or_lead(self, call: Call) -> Any:  # noqa: ANN401  # Any: the reply, or `_LEAD`
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()  # Any: the same
        self._waiting.append((call, future))
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None and future.result() is _LEAD:
                self._pass_lead_on()
            raise

    async def _send(self, call: Call, others: list[_Waiting]) -> Any:  # noqa: ANN401  # Any: the reply to `call`
        try:
            replies = await try_many(self._client, self._script, [call, *(other for other, _ in others)])
        except BaseException as error:
            for_others = error if isinstance(error, Exception) else RedisConnectionError("the caller that sent this was cancelled")
            for _, future in others:
                if not future.done():
                    future.set_exception(for_others)
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

    def _pass_lead_on(self) -> None:
        """Make the first caller that still waits send the next batch; if none waits, one round trip less is under way."""
        while self._waiting:
            _, future = self._waiting.pop(0)
            if not future.done():
                future.set_result(_LEAD)
                return
        self._under_way -= 1
