"""Recordings go with their confirmations, whoever erased those, also what was erased while no bridge ran."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.bridge.process import running_bridge
from tests.support.simulators.twilio import eventually
from tests.support.webhook.service import Service, make_service, small_body

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
NOWHERE = "ws://127.0.0.1:9/v1/realtime"


@pytest.fixture
async def service(valkey_url: str) -> AsyncIterator[Service]:
    made = make_service(valkey_url)
    async with made.client:
        yield made
    await made.store.close()


def recording(folder: Path, confirmation_id: str) -> Path:
    path = folder / f"{confirmation_id}-1.wav"
    path.write_bytes(b"RIFF")
    return path


async def is_gone(path: Path) -> None:
    async with asyncio.timeout(50):  # the sweeps are further apart where one took long
        while await asyncio.to_thread(path.exists):
            await asyncio.sleep(0.05)


async def test_recordings_go_with_a_forgotten_customer(service: Service, valkey_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    phones = ["+38344000001", "+38344000002", "+38344000003"]
    orders = [await service.submit(small_body(number, phone=phone)) for number, phone in enumerate(phones)]
    before, during, never = (recording(folder, order["id"]) for order in orders)
    assert (await service.client.delete(f"/v1/customers/{phones[0]}")).json()["erased"] == 1
    with running_bridge(tmp_path, redis_url=valkey_url, openai_url=NOWHERE, RECORD_CALLS=str(folder)) as bridge:
        await is_gone(before)
        assert during.exists()
        assert (await service.client.delete(f"/v1/customers/{phones[1]}")).json()["erased"] == 1
        await is_gone(during)
        assert never.exists()
        await eventually(lambda: bridge.metric("bridge_recordings_erased_total") == 2)  # counted when the sweep is through


async def test_a_store_that_lost_everything_costs_no_recording(service: Service, valkey_url: str, tmp_path: Path) -> None:
    order = await service.submit(small_body())
    path = recording(tmp_path, order["id"])
    (tmp_path / ".store").write_text(await service.store.identity(), "ascii")
    await service.store.client.flushall()
    with running_bridge(tmp_path, redis_url=valkey_url, openai_url=NOWHERE, RECORD_CALLS=str(tmp_path)) as bridge:
        async with asyncio.timeout(10):
            while "recordings_of_another_store" not in bridge.log.read_text("utf-8"):
                await asyncio.sleep(0.05)
    assert path.exists()
