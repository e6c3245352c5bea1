"""The circuits to the vendors: each has its own key, and one process at a time may probe."""

import asyncio

import pytest

from shared.store import Store

pytestmark = pytest.mark.system


async def test_of_all_who_ask_one_may_probe_and_only_when_it_is_time(store: Store) -> None:
    circuit = store.dialing.model_circuit
    assert not await circuit.claim_probe()
    await circuit.open("insufficient_quota")
    assert not await circuit.claim_probe()
    await store.client.hset("model_circuit", "probe_at", 1)
    assert sorted(await asyncio.gather(*(circuit.claim_probe() for _ in range(5)))) == [False] * 4 + [True]
    await circuit.close()
    assert not await circuit.claim_probe()
    assert await store.client.exists("model_circuit") == 0


async def test_the_models_circuit_is_not_twilios(store: Store) -> None:
    await store.dialing.model_circuit.open("invalid_api_key")
    assert await store.dialing.circuit.state() is None
    state = await store.dialing.model_circuit.state()
    assert state is not None
    assert state.reason == "invalid_api_key"
