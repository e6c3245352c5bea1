"""What every test is held to: a task that outlives its test is a leak, and a leak fails."""

import asyncio
import inspect
from collections.abc import AsyncIterator

import pytest

from tests.support.fixtures import valkey, valkey_server, valkey_url

__all__ = ["valkey", "valkey_server", "valkey_url"]


@pytest.fixture(autouse=True)
def tasks_end_with_their_test(request: pytest.FixtureRequest) -> None:
    """Watch async tests only; a sync test needs no event loop."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_leaked_task")


@pytest.fixture
async def no_leaked_task() -> AsyncIterator[None]:
    """Fail when more tasks run after the test than before; those get one turn to end."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    leaked = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not leaked, f"tasks outlive the test: {leaked}"
