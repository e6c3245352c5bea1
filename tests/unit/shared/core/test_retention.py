"""How long what is finished is kept."""

from dataclasses import replace
from datetime import timedelta

from shared.core.outcome import Outcome, Status
from shared.core.retention import keep_until
from tests.support.orders import NOON, an_order


def test_what_is_finished_is_kept_for_its_time_unless_the_customer_is_to_be_forgotten() -> None:
    order = replace(an_order(), status=Status.FINISHED, outcome=Outcome.WITHDRAWN)
    assert keep_until(order, retention_days=30) == NOON + timedelta(days=30)
    assert keep_until(replace(order, erasure_requested_at=NOON), retention_days=30) == NOON
