"""What one stream may send besides its audio."""

from services.media_bridge.twilio.flood_guard import MOST_KEYS, MOST_MESSAGES, FloodGuard


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_what_twilio_sends_is_never_too_much() -> None:
    clock = Clock()
    guard = FloodGuard(clock)
    for _ in range(20):
        assert not any(guard.pause_s() for _ in range(MOST_MESSAGES - 1))
        clock.now += 1.0


def test_a_flooding_stream_pauses_until_its_second_is_over() -> None:
    clock = Clock()
    guard = FloodGuard(clock)
    guard.pause_s()
    clock.now += 0.25
    pauses = [guard.pause_s() for _ in range(MOST_MESSAGES)]
    assert not any(pauses[: MOST_MESSAGES - 2])
    assert pauses[-2:] == [0.75, 0.75]
    clock.now += 0.75
    assert guard.pause_s() == 0.0


def test_no_more_keys_are_taken_than_a_person_can_press() -> None:
    clock = Clock()
    guard = FloodGuard(clock)
    guard.pause_s()
    assert sum(guard.admits_key() for _ in range(500)) == MOST_KEYS
    clock.now += 1.0
    guard.pause_s()
    assert guard.admits_key()
