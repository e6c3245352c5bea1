"""What the account's switches hold, with a fake of Twilio's REST API: one call is tried now and then, and frees the others."""

import httpx
import pytest

from services.dialer_worker.worker_counts import CountKind
from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import CallEnded, Scheduled
from shared.core.outcome import AttemptResult, Status, WaitingFor
from shared.store import Work, keys
from tests.support.orders import PHONE, an_order
from tests.support.simulators.twilio import ARTA
from tests.system.dialer_worker.conftest import FROM, Bench
from tests.system.dialer_worker.stage import HANGS_UP, Stage, eventually

pytestmark = pytest.mark.system


def refused(code: int, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": f"refused for {PHONE}"})


async def looked_at_again(bench: Bench, number: int) -> Confirmation:
    """Let the order's moment come, and look at it again."""
    await bench.store.confirmations.apply(an_order(number).id, lambda now: Scheduled(now, now, False, WaitingFor.ACCOUNT))
    return await bench.attend(number, work=Work.RECONCILIATION)


async def ten_minutes_pass(bench: Bench, scope: str) -> None:
    """Let the next probe of what is held be due."""
    await bench.store.client.hset(keys.account_hold(scope), "probe_at", "1")


async def called(bench: Bench, number: int) -> None:
    """Place a call, which Twilio accepts, and end it."""
    attempt = (await bench.dial(number)).open_attempt
    assert attempt is not None
    await bench.store.confirmations.apply(an_order(number).id, lambda now: CallEnded(now, attempt.id, AttemptResult.BUSY))


@pytest.mark.parametrize("code", [13227, 21215, 21216, 21219, 573002])
async def test_an_order_that_the_account_may_not_call_waits_for_it_and_is_not_lost(bench: Bench, code: int) -> None:
    bench.twilio.answers.append(refused(code))
    found = await bench.dial()
    assert (found.status, found.waiting_for, found.attempts) == (Status.WAITING, WaitingFor.ACCOUNT, ())
    assert found.outcome is None
    assert await bench.store.dialing.circuit.state() is None, "other orders are called"
    assert await bench.store.dialing.due.calls_open() == 0


async def test_a_refused_country_is_asked_about_with_one_call_and_counted_by_name(bench: Bench) -> None:
    bench.twilio.answers.append(refused(21215))
    await bench.dial(1)
    for number in (2, 3):
        found = await bench.dial(number)
        assert (found.status, found.waiting_for) == (Status.WAITING, WaitingFor.ACCOUNT)
    assert len(bench.twilio.placed) == 1
    assert bench.counted(CountKind.COUNTRY_REFUSED) == ["XK"]
    assert await bench.store.dialing.due.calls_open() == 0


async def test_one_order_is_tried_for_all_and_when_it_is_placed_the_others_are_free(bench: Bench) -> None:
    bench.twilio.answers.append(refused(21215))
    for number in (1, 2):
        await bench.dial(number)
    await ten_minutes_pass(bench, "country:XK")
    tried = await looked_at_again(bench, 1)
    other = await looked_at_again(bench, 2)
    assert (tried.status, tried.waiting_for) == (Status.QUEUED, None)
    assert (other.status, other.waiting_for) == (Status.WAITING, WaitingFor.ACCOUNT)
    await bench.grant(1)
    assert (await bench.attend(1)).status is Status.CALLING
    assert (await looked_at_again(bench, 2)).status is Status.QUEUED
    assert len(bench.twilio.placed) == 2


async def test_one_that_is_refused_again_holds_the_others_on(bench: Bench) -> None:
    bench.twilio.answers += [refused(21215), refused(21215)]
    for number in (1, 2):
        await bench.dial(number)
    await ten_minutes_pass(bench, "country:XK")
    await looked_at_again(bench, 1)
    await bench.grant(1)
    assert (await bench.attend(1)).waiting_for is WaitingFor.ACCOUNT
    assert (await bench.dial(3)).waiting_for is WaitingFor.ACCOUNT
    assert len(bench.twilio.placed) == 2


async def test_one_number_that_is_refused_in_a_country_that_is_called_holds_nobody_else(bench: Bench) -> None:
    await called(bench, 1)
    bench.twilio.answers.append(refused(21215))
    assert (await bench.dial(2)).waiting_for is WaitingFor.ACCOUNT
    assert (await bench.dial(3)).status is Status.CALLING
    await ten_minutes_pass(bench, f"order:{an_order(2).id}")
    assert (await looked_at_again(bench, 2)).status is Status.QUEUED, "it asks again by itself"


async def test_three_refused_in_a_row_are_the_country_also_if_it_was_called_lately(bench: Bench) -> None:
    await called(bench, 1)
    bench.twilio.answers += [refused(21215)] * 4
    for number in (2, 3, 4, 5):
        assert (await bench.dial(number)).waiting_for is WaitingFor.ACCOUNT
    assert len(bench.twilio.placed) == 1 + 3


async def test_a_trial_account_goes_on_calling_the_numbers_that_it_has_verified(bench: Bench) -> None:
    bench.twilio.answers.append(refused(21219))
    assert (await bench.dial(1)).waiting_for is WaitingFor.ACCOUNT
    assert (await bench.dial(2)).status is Status.CALLING
    assert (await bench.get(1)).waiting_for is WaitingFor.ACCOUNT
    assert (await looked_at_again(bench, 1)).waiting_for is WaitingFor.ACCOUNT
    await ten_minutes_pass(bench, f"sender:{FROM}")
    assert (await looked_at_again(bench, 1)).status is Status.QUEUED, "it asks again by itself"


async def test_a_running_dialer_asks_twilio_once_about_a_refused_country_and_calls_the_others(stage: Stage) -> None:
    stage.twilio.script("+355692345678", HANGS_UP)
    stage.twilio.faults({"fault": "create_refused", "code": 21215, "phone": ARTA})
    with stage.dialer() as dialer:
        await stage.submit(1)
        await stage.becomes(lambda order: order.waiting_for is WaitingFor.ACCOUNT)
        for number in range(2, 8):
            await stage.submit(number)
            await stage.becomes(lambda order: order.waiting_for is WaitingFor.ACCOUNT, number=number)
        await stage.submit(8, "+355692345678")
        await stage.becomes(lambda order: order.attempts, number=8)
        metrics, log = dialer.text("/metrics"), dialer.log()
    assert [call["to"] for call in stage.calls()] == ["+355692345678"]
    assert 'dialer_placings_total{result="held_by_account"} 1.0' in metrics
    assert log.count("call_held_by_account") == 1
    assert ARTA not in log


@pytest.mark.parametrize("code", [10001, 10002, 10005, 573005])
async def test_a_running_dialer_pauses_for_a_fault_of_the_account_by_its_code(stage: Stage, code: int) -> None:
    stage.twilio.script(ARTA, HANGS_UP)
    stage.twilio.faults({"fault": "create_refused", "code": code, "status": 400})
    with stage.dialer() as dialer:
        await stage.submit(1)

        async def look() -> str | None:
            return dialer.text("/readyz") if dialer.status("/readyz") == 503 else None

        assert f"twilio {code}" in await eventually(look)
    assert (await stage.get(1)).status is Status.QUEUED
    assert stage.calls() == []
