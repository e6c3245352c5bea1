"""A check of every test: a task that outlives its test is a leak, and a leak fails the test."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.profile import DEFAULT, Profile
from tests.support.fixtures import valkey, valkey_server, valkey_url

__all__ = ["valkey", "valkey_server", "valkey_url"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say how the simulators behave in the scenarios."""
    parser.addoption("--profile", choices=list(Profile), default=DEFAULT, help="how simulated model and phones behave")
    parser.addoption("--profile-seed", type=int, default=1, help="the seed of all that the profile leaves to chance")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that may take longest first, so that no worker gets one of them at the end."""
    usual_s = float(config.getini("timeout"))
    limits_s: dict[Path, float] = {}
    for item in items:
        mark = item.get_closest_marker("timeout")
        limits_s[item.path] = max(limits_s.get(item.path, 0.0), float(mark.args[0]) if mark else usual_s)
    items.sort(key=lambda item: -limits_s[item.path])


@pytest.fixture(autouse=True)
def tasks_end_with_their_test(request: pytest.FixtureRequest) -> None:
    """Add the check to async tests only; a sync test needs no event loop."""
    if inspect.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("no_leaked_task")


@pytest.fixture
async def no_leaked_task() -> AsyncIterator[None]:
    """Fail if more tasks run after the test than before; they get one turn of the loop to end."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    leaked = [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]
    assert not leaked, f"tasks outlive the test: {leaked}"
