"""The dialer logs that it erased an outcome that a CRM had not read, or that it kept one for that reason."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from services.dialer_worker.worker_counts import CountKind
from shared.core.lifecycle.facts import Withdrawn
from shared.store import Work
from shared.store.erasure.eraser import UNREAD_GRACE
from tests.support.orders import ALWAYS, an_order
from tests.system.dialer_worker.conftest import Bench

pytestmark = pytest.mark.system


async def test_an_unread_outcome_is_kept_for_a_while_and_then_erased_aloud(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    retention = timedelta(days=ALWAYS.retention_days)
    await bench.store.client.xgroup_create("outcomes:shopaz:log", "crm", id="0", mkstream=True)
    now = await bench.store.now()
    for number, ago in ((1, retention + timedelta(minutes=1)), (2, retention + UNREAD_GRACE + timedelta(minutes=1))):
        await bench.store.confirmations.submit(an_order(number, at=now - ago))
        await bench.store.confirmations.apply(an_order(number).id, partial(_withdrawn, ago))
        await bench.job.run(an_order(number).id, Work.RECONCILIATION)
    assert bench.counted(CountKind.CARE) == ["keep_unread", "erase_unread"]
    assert (await bench.get(1)).is_finished
    logged = capsys.readouterr().out
    assert "outcome_kept_unread" in logged
    assert "outcome_erased_unread" in logged
    assert "crm" in logged


def _withdrawn(ago: timedelta, now: datetime) -> Withdrawn:
    return Withdrawn(now - ago)
