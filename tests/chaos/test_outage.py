"""Redis is killed and stays away for half a minute: nobody is called meanwhile, and all continues by itself when it is back."""

import asyncio
from contextlib import suppress
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.chaos.invariants import check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import TwilioFaults, fake_twilio

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]
AWAY_S = 30.0
BACK_WITHIN_S = 15.0
BEFORE, AFTER = 40, 10
SETTINGS = {"MAX_ATTEMPTS": "2", "CALLS_PER_SECOND": "20"}


async def is_ready(origin: str) -> bool:
    async with httpx.AsyncClient() as client:
        with suppress(httpx.TransportError):
            return (await client.get(f"{origin}/readyz", timeout=5)).status_code == 200
    return False


async def until_ready(origin: str, *, limit_s: float) -> None:
    begun = monotonic()
    while not await is_ready(origin):
        assert monotonic() - begun < limit_s, "not ready in time"
        await asyncio.sleep(0.1)


async def post_order(testbed: ChaosTestbed) -> int:
    order = {"order": {"id": "late"}, "company": "Shopaz", "customer": {"phone": "+38344999999"}}
    async with httpx.AsyncClient() as client:
        begun = monotonic()
        url = f"{testbed.settings['PUBLIC_URL']}/v1/confirmations"
        answer = await client.post(url, json=order, headers={"Authorization": "Bearer the-key-of-shopaz"}, timeout=20)
        assert monotonic() - begun < 8
        return answer.status_code


async def test_half_a_minute_without_redis_costs_no_order(tmp_path: Path) -> None:
    async with fake_twilio(TwilioFaults(), seed=1) as twilio, running_testbed(tmp_path, twilio, settings=SETTINGS) as testbed:
        dialer = await testbed.start_dialer()
        origin = testbed.origins[dialer.pid]
        await until_ready(origin, limit_s=20)
        await testbed.submit(await testbed.new_orders(BEFORE))
        while len(twilio.calls) < BEFORE // 2:
            await asyncio.sleep(0.05)
        async with asyncio.TaskGroup() as group:
            group.create_task(testbed.restart_valkey(away_s=AWAY_S))
            await asyncio.sleep(AWAY_S / 2)
            calls = len(twilio.calls)
            assert not await is_ready(origin)
            assert await post_order(testbed) == 503
        back_at = monotonic()
        assert len(twilio.calls) == calls, "somebody was called while nothing could be written down"
        await testbed.submit(await testbed.new_orders(AFTER))
        while len(twilio.calls) == calls:
            assert monotonic() - back_at < BACK_WITHIN_S, "nobody was called"
            await asyncio.sleep(0.05)
        await until_ready(origin, limit_s=BACK_WITHIN_S)
        assert dialer.poll() is None
        await testbed.wait_until_finished(limit_s=60)
        assert (await check_invariants(testbed.store, testbed.ids, twilio.all_calls())).faults == []
