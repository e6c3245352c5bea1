"""A process dies or sleeps at any step of a placing: nobody is called twice because of it, and no order is lost."""

from pathlib import Path

import pytest

from tests.chaos.faults.crash import crash_everywhere
from tests.chaos.faults.freeze import DIALER, WITHOUT_DEADLINE, freeze_workers
from tests.chaos.faults.redis_fault_proxy import CAN_TELL_PEERS

pytestmark = [
    pytest.mark.system,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not CAN_TELL_PEERS, reason="only Linux tells which process a connection belongs to"),
]


async def test_a_worker_killed_at_any_step_of_a_placing_calls_nobody_twice_and_loses_no_order(tmp_path: Path) -> None:
    crashes = await crash_everywhere(tmp_path)
    assert crashes.missed == []
    assert crashes.report.faults == []
    assert len(crashes.points) > 60


async def test_a_worker_that_slept_after_its_intent_calls_nobody(tmp_path: Path) -> None:
    assert (await freeze_workers(tmp_path, module=DIALER, orders=4)).faults == []


async def test_without_the_deadline_it_would_and_that_is_seen(tmp_path: Path) -> None:
    assert (await freeze_workers(tmp_path, module=WITHOUT_DEADLINE, orders=4)).called_twice
