"""An order that kills whoever looks at it is parked after three recoveries; nobody else waits for it or dies with it."""

import asyncio
import sys
from pathlib import Path
from subprocess import PIPE, STDOUT, run
from time import monotonic

import pytest

from shared.core.lifecycle.shop_event import EventType
from shared.core.webhook_endpoints.endpoint import Endpoint, secret_of
from tests.chaos.fake_twilio import Moods, fake_twilio
from tests.chaos.judge import judge
from tests.chaos.site import Site, a_site
from tests.support.orders import NOON
from tests.support.receiver import running_receiver
from tests.system.dialer_worker.processes import ROOT

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]
SETTINGS = {"WEBHOOK_PRIVATE_TARGETS": "on", "MAX_ATTEMPTS": "1"}
OTHERS = 40


async def until_parked(site: Site, entry: str, *, limit_s: float) -> None:
    """Wait until something is parked and the log tells it; the entry is written after Redis has it."""
    until = monotonic() + limit_s
    while not await site.store.crash_counts.count() or f'"{entry}"' not in site.logs():
        assert monotonic() < until, site.logs()
        await asyncio.sleep(0.2)


def parked(site: Site, *words: str) -> str:
    """Return what the program for people says."""
    command = [sys.executable, "-m", "services.dialer_worker.parked", *words]
    environ = {"ENV_FILE": "", **site.settings}
    return run(command, cwd=ROOT, env=environ, stdout=PIPE, stderr=STDOUT, text=True, check=False, timeout=30).stdout


async def test_a_poisonous_order_is_parked_and_the_others_are_called(tmp_path: Path) -> None:
    async with fake_twilio(Moods(), seed=1) as twilio, a_site(tmp_path, twilio, settings=SETTINGS) as site:
        poison, *others = await site.new_orders(1 + OTHERS)
        dialer = await site.start_dialer("tests.chaos.poisoned", POISON=poison.id)
        await site.submit([poison, *others])
        site.ids.remove(poison.id)
        await site.come_to_rest(limit_s=60)
        await until_parked(site, "confirmation_parked", limit_s=80)
        assert site.logs().count('"confirmation_parked"') == 1
        deaths = site.logs().count('"exit_code": -9') + site.logs().count('"exit_code":-9')
        assert deaths == 1 + 3  # its first turn, and three recoveries
        assert (await judge(site.store, site.ids, twilio.all_calls())).faults == ["due:parked holds 1", "due:begun holds 1"]

        await site.end_dialers()
        assert parked(site).startswith(poison.id)
        assert "can be read" in parked(site, "forget", poison.id)
        assert "is due again" in parked(site, "again", "all")
        assert parked(site) == ""
        site.ids.append(poison.id)
        dialer = await site.start_dialer()  # the fault is mended
        await site.come_to_rest(limit_s=30)
        assert dialer.poll() is None
        assert (await judge(site.store, site.ids, twilio.all_calls())).faults == []


async def test_a_poisonous_endpoint_is_parked_and_orders_and_other_endpoints_go_on(tmp_path: Path) -> None:
    async with (
        fake_twilio(Moods(), seed=1) as twilio,
        a_site(tmp_path, twilio, settings=SETTINGS) as site,
        running_receiver() as receiver,
    ):
        receiver.secret = secret_of(bytes(range(32)))
        for number in (1, 2):
            endpoint = Endpoint(
                id=f"whe_{number}",
                url=receiver.url,
                secret=receiver.secret,
                shop="shopaz",
                events=(EventType.FINISHED,),
                created_at=NOON,
            )
            await site.store.webhooks.save(endpoint)
        orders = await site.new_orders(OTHERS)
        await site.start_dialer("tests.chaos.poisoned", POISON="whe_1")
        await site.submit(orders)
        await site.come_to_rest(limit_s=60)
        await until_parked(site, "endpoint_parked", limit_s=60)
        assert site.logs().count('"endpoint_parked"') == 1
        faults = ["due:parked holds 1", "due:begun holds 1"]
        assert (await judge(site.store, site.ids, twilio.all_calls())).faults == faults
        assert {event["subject"] for event in receiver.events} == set(site.ids)

        await site.end_dialers()
        assert parked(site).startswith("whe_1")
        assert "is erased" not in parked(site, "forget", "whe_1")
        assert "is due again" in parked(site, "again", "whe_1")
        await site.start_dialer()  # the fault is mended
        until = monotonic() + 20
        while len(set(receiver.ids)) * 2 > len(receiver.ids):
            assert monotonic() < until, site.logs()
            await asyncio.sleep(0.1)
