"""Reads that several callers want at the same time, made once: all who ask before a read begins get its result."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class _ReaderCancelledError(Exception):
    """The task that read for all callers was cancelled; one of the others must read."""


class SharedReads(Generic[Key, Result]):
    """Shares the calls of `read(key)`. No caller gets the result of a read that began before it asked."""

    def __init__(self, read: Callable[[Key], Awaitable[Result]]) -> None:
        self._read = read
        self._pending: dict[Key, asyncio.Future[Result]] = {}

    async def get(self, key: Key) -> Result:
        """Return the result of a read that begins from now on; what the read raises is raised here."""
        while (reading := self._pending.get(key)) is not None:
            try:
                return await asyncio.shield(reading)
            except _ReaderCancelledError:
                continue
        return await self._read_for_all(key)

    async def _read_for_all(self, key: Key) -> Result:
        future = self._pending[key] = asyncio.get_running_loop().create_future()
        try:
            try:
                await asyncio.sleep(0)  # callers that the same notification woke may join
            finally:
                del self._pending[key]
            result = await self._read(key)
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else _ReaderCancelledError())
            future.exception()  # marks it as seen: there may be no other caller
            raise
        future.set_result(result)
        return result
