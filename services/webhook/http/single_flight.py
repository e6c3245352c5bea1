"""Reads that several want at the same moment, made once: all who ask before a read begins get what it finds."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class _Left(Exception):  # noqa: N818 - no error: whoever was reading went away
    """The one who read for the others had to go."""


class SharedReads(Generic[Key, Found]):
    """`read(key)`, shared. Nobody is handed what a read found that had begun before they asked."""

    def __init__(self, read: Callable[[Key], Awaitable[Found]]) -> None:
        self._read = read
        self._about_to: dict[Key, asyncio.Future[Found]] = {}

    async def get(self, key: Key) -> Found:
        """Return what a read finds that begins from now on; what it raises is raised here."""
        while (reading := self._about_to.get(key)) is not None:
            try:
                return await asyncio.shield(reading)
            except _Left:
                continue
        return await self._read_for_all(key)

    async def _read_for_all(self, key: Key) -> Found:
        future = self._about_to[key] = asyncio.get_running_loop().create_future()
        try:
            try:
                await asyncio.sleep(0)  # whom the same event woke may join
            finally:
                del self._about_to[key]
            found = await self._read(key)
        except BaseException as error:
            future.set_exception(error if isinstance(error, Exception) else _Left())
            future.exception()  # there may be nobody to hear of it
            raise
        future.set_result(found)
        return found
