"""What was acknowledged is there after the server was killed."""

import asyncio
from pathlib import Path

import pytest

from shared.core.errors import StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun
from shared.store import Created, connect
from tests.support.orders import ALWAYS, an_order, with_phone
from tests.support.valkey import running_valkey
from tools.ports import free_port

pytestmark = pytest.mark.system


async def test_acknowledged_orders_and_intents_survive_a_killed_server(tmp_path: Path) -> None:
    port = free_port()
    acknowledged: list[str] = []
    store = connect(f"redis://127.0.0.1:{port}/0", ALWAYS)

    async def take_in(numbers: range) -> None:
        now = await store.now()
        for number in numbers:
            try:
                created = await store.confirmations.submit(with_phone(an_order(number, at=now), f"+3834{number:07}"))
                assert isinstance(created, Created)
                await store.confirmations.apply(created.confirmation.id, lambda at: AttemptBegun(at, "att_1", "+1"))
            except StoreUnavailableError:
                return
            acknowledged.append(created.confirmation.id)

    with running_valkey(tmp_path, port=port) as server:
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, 8000, 1000):
                tasks.create_task(take_in(range(start, start + 1000)))
            while len(acknowledged) < 200:
                await asyncio.sleep(0.005)
            server.process.kill()
    with running_valkey(tmp_path, port=port):
        for confirmation_id in acknowledged:
            found = await store.confirmations.get(confirmation_id)
            assert found.open_attempt is not None
            assert found.sequence == 2
        await store.close()
