"""What every test is held to: a task that outlives its test is a leak, and a leak fails."""

import asyncio
import inspect
import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.fixtures import valkey, valkey_server, valkey_url

__all__ = ["valkey", "valkey_server", "valkey_url"]

# A busy machine is no failure of a property; and in CI the same commit meets the same examples.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


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
