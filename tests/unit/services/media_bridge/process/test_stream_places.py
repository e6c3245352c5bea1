"""Strangers have their own room; only admitted calls take the places of calls."""

import pytest

from services.media_bridge.process.shared_memory import BridgeSharedMemory
from services.media_bridge.process.stream_places import MOST_PER_ADDRESS, MOST_SIGNED, MOST_UNSIGNED, StreamPlaces

STRANGER = "192.0.2.1"


@pytest.fixture
def places() -> StreamPlaces:
    return StreamPlaces(BridgeSharedMemory(1), most_calls=2)


def test_who_waits_takes_no_place_of_a_call(places: StreamPlaces) -> None:
    for number in range(MOST_UNSIGNED):
        places.wait(f"192.0.2.{number}", is_signed=False)
    assert (places.waiting, places.calls) == (MOST_UNSIGNED, 0)
    assert places.refusal(STRANGER, is_signed=False) == "crowded"
    assert places.refusal(STRANGER, is_signed=True) is None


def test_one_address_fills_its_own_share_only(places: StreamPlaces) -> None:
    waiting = [places.wait(STRANGER, is_signed=False) for _ in range(MOST_PER_ADDRESS)]
    assert places.refusal(STRANGER, is_signed=False) == "crowded"
    assert places.refusal("192.0.2.2", is_signed=False) is None
    waiting[0].leave()
    waiting[0].leave()
    assert places.waiting == MOST_PER_ADDRESS - 1
    assert places.refusal(STRANGER, is_signed=False) is None


def test_a_call_leaves_the_room_of_those_that_wait(places: StreamPlaces) -> None:
    place = places.wait(STRANGER, is_signed=False)
    assert place.claim()
    assert place.claim()
    assert (places.waiting, places.calls) == (0, 1)
    place.leave()
    assert (places.waiting, places.calls) == (0, 0)


def test_with_all_calls_in_their_places_everybody_is_refused(places: StreamPlaces) -> None:
    calls = [places.wait(STRANGER, is_signed=True) for _ in range(3)]
    assert [call.claim() for call in calls] == [True, True, False]
    assert [places.refusal(STRANGER, is_signed=is_signed) for is_signed in (True, False)] == ["full", "full"]
    calls[0].leave()
    assert calls[2].claim()


def test_even_signed_streams_wait_in_a_bounded_number(places: StreamPlaces) -> None:
    for _ in range(MOST_SIGNED):
        places.wait(STRANGER, is_signed=True)
    assert places.refusal(STRANGER, is_signed=True) == "full"
