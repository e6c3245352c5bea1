"""The limits hold while workers die; urgent orders go first, no shop waits for another's queue, and the numbers take turns."""

import asyncio
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from shared.core.confirmation import Confirmation
from shared.core.order import CallWishes, Priority
from tests.chaos.invariants import check_invariants
from tests.chaos.testbed import ChaosTestbed, running_testbed
from tests.chaos.twilio.fake_twilio import Call, FakeTwilio, TwilioFaults, fake_twilio

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]
RATE, AT_ONCE = 10, 4
SETTINGS = {"MAX_ATTEMPTS": "1", "CALLS_PER_SECOND": str(RATE), "MAX_CONCURRENT_CALLS": str(AT_ONCE)}
LASTING = TwilioFaults(rings_s=(0.15, 0.3))


def most_at_once(calls: Sequence[Call]) -> int:
    """Return the highest number of calls in progress at the same time."""
    changes = [(call.begun_at, 1) for call in calls] + [(call.ended_at or monotonic(), -1) for call in calls]
    going_on = most = 0
    for _, change in sorted(changes):
        going_on += change
        most = max(most, going_on)
    return most


def most_in_a_second(moments: list[float]) -> int:
    """Return the highest number of requests within any one second."""
    ordered = sorted(moments)
    return max(sum(first <= moment < first + 1 for moment in ordered) for first in ordered)


class Listener:
    """Records the requests, and the time of each."""

    def __init__(self, twilio: FakeTwilio) -> None:
        self.moments: list[float] = []
        self.phones: list[str] = []
        twilio.on_request = self._note

    async def _note(self, phone: str) -> None:
        self.moments.append(monotonic())
        self.phones.append(phone)


async def kill_workers(testbed: ChaosTestbed, rng: Random, *, times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(rng.uniform(0.3, 0.8))
        workers = testbed.children(rng.choice(testbed.dialers))[1:]
        if workers:
            os.kill(rng.choice(workers), signal.SIGKILL)


async def test_limits_over_two_trees_hold_while_their_workers_die(tmp_path: Path) -> None:
    async with fake_twilio(LASTING, seed=1) as twilio, running_testbed(tmp_path, twilio, settings=SETTINGS) as testbed:
        heard = Listener(twilio)
        for _ in range(2):
            await testbed.start_dialer()
        await testbed.submit(await testbed.new_orders(80))
        await kill_workers(testbed, Random(1), times=10)
        await testbed.wait_until_finished(limit_s=90)
        assert (await check_invariants(testbed.store, testbed.ids, twilio.all_calls())).faults == []
        assert most_at_once(twilio.all_calls()) <= AT_ONCE
        # Grants are spaced evenly; a request may leave up to two seconds after its grant, if a worker is slow.
        assert most_in_a_second(heard.moments) <= RATE * 2


def of_shop(order: Confirmation, shop: str, priority: Priority = Priority.NORMAL) -> Confirmation:
    return replace(order, shop=shop, call=CallWishes(priority=priority))


async def test_high_priority_goes_first_shops_take_turns_and_so_do_the_numbers(tmp_path: Path) -> None:
    one_by_one = {"DIALER_WORKERS": "1", "DIALER_CALLS_AT_ONCE": "1"}  # so that requests leave in the order of their grants
    settings = {**SETTINGS, **one_by_one, "MAX_CONCURRENT_CALLS": "100", "CALLS_PER_SECOND": "20"}
    async with fake_twilio(LASTING, seed=1) as twilio, running_testbed(tmp_path, twilio, settings=settings) as testbed:
        heard = Listener(twilio)
        large, small, urgent = [await testbed.new_orders(count) for count in (80, 10, 5)]
        await testbed.submit(
            [
                *(of_shop(order, "large") for order in large),
                *(of_shop(order, "small") for order in small),
                *(of_shop(order, "large", Priority.HIGH) for order in urgent),
            ]
        )
        await testbed.start_dialer()
        await testbed.wait_until_finished(limit_s=60)
        assert len(heard.phones) == 95
        place = {phone: index for index, phone in enumerate(heard.phones)}
        assert max(place[order.customer.phone] for order in urgent) < 5
        assert max(place[order.customer.phone] for order in small) < 5 + 2 * 10
        numbers = [call.from_number for call in twilio.all_calls()]
        assert abs(numbers.count("+38344000001") - numbers.count("+38344000002")) <= 1
