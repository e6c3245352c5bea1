"""More than one order in one call."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.media_bridge.streams.admission import Admitted
from services.media_bridge.streams.other_open_orders import OtherOpenOrders
from shared.core.confirmation import Confirmation
from shared.core.dialing.planned_transition import PlannedTransition, apply_fact
from shared.core.errors import NotFoundError, StoreUnavailableError
from shared.core.lifecycle.facts import AttemptBegun, Fact, InboundCallArrived, Withdrawn
from shared.core.outcome import Direction, Status
from tests.support.bridge.fakes import ATTEMPT, CALL_SID, STREAM_SID
from tests.support.orders import ALWAYS, NOON, PHONE, an_order


class Orders:
    """The orders of one number, changed by the real core."""

    def __init__(self, *numbers: int) -> None:
        self.held: dict[str, Confirmation] = {an_order(number).id: an_order(number) for number in numbers}
        self.is_away = False
        self.apply_now(1, InboundCallArrived(NOON, ATTEMPT, CALL_SID))
        first = self.held[an_order(1).id]
        self.current = Admitted(first, replace(first.attempts[0], stream_sid=STREAM_SID))
        self.next = OtherOpenOrders(self, self, prompt_version="v")

    def apply_now(self, number: int, fact: Fact) -> PlannedTransition:
        key = an_order(number).id
        step = apply_fact(self.held[key], fact, ALWAYS, NOON)
        self.held[key] = step.confirmation
        return step

    async def apply(self, confirmation_id: str, make_fact: Callable[[datetime], Fact], /) -> PlannedTransition:
        if confirmation_id not in self.held:
            raise NotFoundError(confirmation_id)
        return self.apply_now(int(confirmation_id[-5:]), make_fact(NOON))

    async def find_open_by_phone(self, shop: str | None, phone: str, /) -> tuple[Confirmation, ...]:
        if self.is_away:
            raise StoreUnavailableError("redis: ConnectionError")
        assert (shop, phone) == (None, PHONE)
        return tuple(self.held[key] for key in sorted(self.held, reverse=True) if not self.held[key].is_finished)


async def test_the_newest_other_order_comes_next_with_an_attempt_of_its_own_on_the_same_line() -> None:
    orders = Orders(1, 2, 3)
    assert await orders.next.has_more(orders.current)
    begun = await orders.next.begin(orders.current)
    assert begun is not None
    assert begun.confirmation.id == an_order(3).id
    attempt = begun.attempt
    assert (attempt.direction, attempt.call_sid, attempt.stream_sid) == (Direction.INBOUND, CALL_SID, STREAM_SID)
    assert attempt.prompt_version == "v"
    assert attempt.is_unproven, "each order by its own id"
    assert orders.held[an_order(3).id].status is Status.IN_CALL


async def test_an_order_that_is_being_called_about_or_was_taken_back_is_left_alone() -> None:
    orders = Orders(1, 2, 3)
    orders.apply_now(2, AttemptBegun(NOON, "att_x", "+1"))
    orders.apply_now(3, Withdrawn(NOON))
    assert not await orders.next.has_more(orders.current)
    assert await orders.next.begin(orders.current) is None


async def test_whom_we_phoned_is_asked_about_one_order_only() -> None:
    orders = Orders(1, 2)
    outbound = replace(orders.current, attempt=replace(orders.current.attempt, direction=Direction.OUTBOUND))
    assert not await orders.next.has_more(outbound)


async def test_with_the_store_away_there_is_nothing_more() -> None:
    orders = Orders(1, 2)
    orders.is_away = True
    assert not await orders.next.has_more(orders.current)
    assert await orders.next.begin(orders.current) is None


async def test_an_order_erased_meanwhile_is_passed_over() -> None:
    orders = Orders(1, 2, 3)
    found = await orders.find_open_by_phone(None, PHONE)
    del orders.held[an_order(3).id]

    class Remembered:
        async def find_open_by_phone(self, shop: str | None, phone: str, /) -> tuple[Confirmation, ...]:
            return found

    begun = await OtherOpenOrders(orders, Remembered(), prompt_version="v").begin(orders.current)
    assert begun is not None
    assert begun.confirmation.id == an_order(2).id


async def test_a_trusted_number_is_trusted_for_all_its_orders() -> None:
    orders = Orders(1, 2)
    orders.current = replace(orders.current, attempt=replace(orders.current.attempt, must_prove=False))
    begun = await orders.next.begin(orders.current)
    assert begun is not None
    assert not begun.attempt.is_unproven
