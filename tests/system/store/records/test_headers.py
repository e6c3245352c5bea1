"""The header of a record tells the scripts the number; records of older programs, whose header has none, are read too."""

import pytest

from shared.core.lifecycle.facts import AttemptBegun, CallPlaced
from shared.store import DialGrant, Store
from shared.store.records.codec import decode
from tests.support.orders import PHONE, an_order, with_phone
from tests.system.store.conftest import CALL

pytestmark = pytest.mark.system

OTHER_PHONE = "+38344999999"


def key(number: int = 1) -> str:
    return f"confirmation:{an_order(number).id}"


async def header(store: Store, number: int = 1) -> list[bytes]:
    stored: bytes = await store.client.get(key(number))
    return stored.partition(b"\n")[0].split(b" ")


async def submit(store: Store, *numbers: int, phone: str = PHONE) -> None:
    now = await store.now()
    for number in numbers:
        await store.confirmations.submit(with_phone(an_order(number, at=now), phone))


async def write_as_an_older_program(store: Store, number: int = 1) -> None:
    """Take the number out of the header."""
    stored: bytes = await store.client.get(key(number))
    first, _, body = stored.partition(b"\n")
    await store.client.set(key(number), first.rpartition(b" ")[0] + b"\n" + body)


async def begin(store: Store, number: int) -> bool:
    step = await store.confirmations.apply(an_order(number).id, lambda now: AttemptBegun(now, f"att_{number}", "+1"))
    return step.confirmation.open_attempt is not None


async def admitted(store: Store, nonce: str) -> str | None:
    granted = await store.dialing.due.admit(nonce)
    return granted.confirmation_id if isinstance(granted, DialGrant) else None


async def test_the_header_of_a_new_record_has_the_number_and_keeps_it(store: Store) -> None:
    await submit(store, 1)
    assert await header(store) == [b"1", b"1", b"waiting", b"", PHONE.encode()]
    for make_fact in CALL:
        await store.confirmations.apply(an_order().id, make_fact)
    schema, version, state, commits, phone = await header(store)
    assert (schema, version, state, phone) == (b"1", b"6", b"finished", PHONE.encode())
    assert len(commits.split(b",")) == 5


async def test_a_header_stays_short_enough_to_be_read_alone(store: Store) -> None:
    await submit(store, 1)
    await begin(store, 1)
    for number in range(30):
        call_sid = f"CA{number}"
        await store.confirmations.apply(an_order().id, lambda now, sid=call_sid: CallPlaced(now, "att_1", sid))  # type: ignore[misc]
    assert len(b" ".join(await header(store))) < 200


async def test_the_number_is_taken_from_the_header_and_no_pattern_is_searched_for(store: Store) -> None:
    """An order whose body quotes another number first is held by its own."""
    await submit(store, 1)
    assert await begin(store, 1)
    await submit(store, 2)
    stored: bytes = await store.client.get(key(2))
    first, _, body = stored.partition(b"\n")
    misleading = b'{"metadata":{"phone":"%s"},' % OTHER_PHONE.encode() + body[1:]
    await store.client.set(key(2), first + b"\n" + misleading)
    assert await admitted(store, "n-1") is None
    await write_as_an_older_program(store, 2)
    assert await admitted(store, "n-2") is None


async def test_an_order_of_an_older_program_waits_for_its_line_and_is_granted(store: Store) -> None:
    await submit(store, 1)
    assert await begin(store, 1)
    await submit(store, 2)
    await write_as_an_older_program(store, 2)
    assert await admitted(store, "n-1") is None
    await submit(store, 3, phone=OTHER_PHONE)
    await write_as_an_older_program(store, 3)
    assert await admitted(store, "n-2") == an_order(3).id


async def test_the_first_change_of_a_record_of_an_older_program_gives_its_header_the_number(store: Store) -> None:
    await submit(store, 1)
    await write_as_an_older_program(store)
    assert await begin(store, 1)
    await write_as_an_older_program(store)
    before = decode(await store.client.get(key())).version
    await store.confirmations.apply(an_order().id, CALL[1])
    _, version, state, commits, phone = await header(store)
    assert (int(version), state, phone) == (before + 1, b"calling", PHONE.encode())
    assert len(commits.split(b",")) == 2


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"customer":7}', b'{"customer":{"phone":null}}'])
async def test_an_unreadable_record_of_an_older_program_is_granted_for_the_worker_to_find_out(store: Store, body: bytes) -> None:
    await submit(store, 1)
    await store.client.set(key(), b"1 1 waiting \n" + body)
    assert await admitted(store, "n-1") == an_order().id


@pytest.mark.parametrize("stored", [b"", b"garbage", b"garbage\nof two lines"])
async def test_a_record_without_a_header_is_granted_too(store: Store, stored: bytes) -> None:
    await submit(store, 1)
    await store.client.set(key(), stored)
    assert await admitted(store, "n-1") == an_order().id
