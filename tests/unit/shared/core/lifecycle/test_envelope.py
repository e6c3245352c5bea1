"""The event as the CRM reads it."""

from dataclasses import replace

from shared.core.lifecycle.changes import tell_status
from shared.core.lifecycle.envelope import envelope, event_id, evidence_object, timestamp
from shared.core.outcome import Change, Channel, Evidence, Outcome, Status
from tests.support.orders import NOON, an_order


def test_the_envelope_is_a_cloud_event_with_the_state_of_its_moment() -> None:
    done = replace(an_order(), status=Status.FINISHED, outcome=Outcome.EXPIRED, metadata={"crm_id": "42"}, sequence=3)
    (event,) = tell_status(done).shop_events
    assert envelope(event, done) == {
        "specversion": "1.0",
        "id": f"{done.id}.4",
        "source": "/shops/shopaz",
        "type": "confirmation.finished",
        "subject": done.id,
        "time": "2026-11-23T12:00:00.000Z",
        "datacontenttype": "application/json",
        "dataschema": "/schemas/confirmation-event-1.json",
        "data": {
            "confirmation_id": done.id,
            "shop": "shopaz",
            "order_id": "A-1",
            "company": "Shopaz",
            "status": "finished",
            "outcome": "expired",
            "evidence": None,
            "attempts": 0,
            "last_result": None,
            "sequence": 4,
            "metadata": {"crm_id": "42"},
        },
    }


def test_only_an_event_of_a_test_order_says_so() -> None:
    told = tell_status(replace(an_order(), is_test=True))
    made = envelope(told.shop_events[0], told.confirmation, "https://calls.shop.example/schema.json")
    assert made["data"]["is_test"] is True
    assert made["dataschema"] == "https://calls.shop.example/schema.json"


def test_evidence_names_the_change_the_language_and_the_wish_only_where_known() -> None:
    plain = Evidence(channel=Channel.KEYPAD, attempt=2, at=NOON)
    assert evidence_object(plain) == {
        "channel": "keypad",
        "quote": None,
        "note": None,
        "attempt": 2,
        "at": "2026-11-23T12:00:00.000Z",
    }
    full = replace(plain, change=Change(address="Rruga B 2"), language="sq", wish="Nuk e dua.")
    assert evidence_object(full)["change"] == {"address": "Rruga B 2"}
    assert evidence_object(full)["language"] == "sq"
    assert evidence_object(full)["wish"] == "Nuk e dua."


def test_an_event_has_one_id_for_ever() -> None:
    assert event_id("cnf_1", 7) == "cnf_1.7"


def test_times_are_utc_with_milliseconds() -> None:
    assert timestamp(NOON.replace(microsecond=123456)) == "2026-11-23T12:00:00.123Z"
