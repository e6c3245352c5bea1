"""Faults: counted, by phone and event, and the same for the same seed."""

import pytest

from simulators.twilio.faults import FaultError, Faults, Kind, parse_faults


def test_a_counted_fault_ends() -> None:
    faults = parse_faults({"rules": [{"fault": "create_429", "next": 2}]})

    picked = [faults.pick((Kind.CREATE_429,), phone="+1") for _ in range(3)]

    assert [rule is not None for rule in picked] == [True, True, False]
    assert faults.as_json()["rules"][0]["left"] == 0


def test_a_fault_is_for_its_phone_event_and_occasion() -> None:
    faults = parse_faults({"rules": [{"fault": "callback_dropped", "phone": "+1", "event": "completed"}]})
    dropped = (Kind.CALLBACK_DROPPED,)

    assert faults.pick(dropped, phone="+1", event="completed")
    assert not faults.pick(dropped, phone="+2", event="completed")
    assert not faults.pick(dropped, phone="+1", event="ringing")
    assert not faults.pick((Kind.CREATE_429,), phone="+1")


def test_chance_is_seeded() -> None:
    def series() -> list[bool]:
        faults = parse_faults({"seed": 5, "rules": [{"fault": "rest_500", "probability": 0.5}]})
        return [faults.pick((Kind.REST_500,), phone="") is not None for _ in range(50)]

    assert series() == series()
    assert 10 < sum(series()) < 40


def test_without_rules_nothing_happens() -> None:
    assert Faults().pick(tuple(Kind), phone="+1") is None


@pytest.mark.parametrize("document", [{"rules": [{"fault": "earthquake"}]}, {"rule": []}, [], {"rules": [{"next": 1}]}])
def test_what_cannot_be_read_is_refused(document: object) -> None:
    with pytest.raises(FaultError):
        parse_faults(document)
