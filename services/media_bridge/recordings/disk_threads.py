"""Threads for work on the disk alone: while a disk hangs, other work that needs a thread (a DNS lookup) still gets one."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, TypeVarTuple

_Found = TypeVar("_Found")
_Given = TypeVarTuple("_Given")

_THREADS = ThreadPoolExecutor(4, thread_name_prefix="disk")  # each begins when it is first needed


async def on_disk(work: Callable[[*_Given], _Found], *given: *_Given) -> _Found:
    """Run `work` in a thread of its own; returns what it returns, raises what it raises."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, work, *given)
