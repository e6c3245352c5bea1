"""Which streams are admitted."""

import pytest

from services.media_bridge.streams.admission import Admitted, Rejected, StreamAdmission
from services.media_bridge.twilio.stream_wire import StreamStarted
from shared.core.lifecycle.facts import CallEnded, CallPlaced
from shared.twilio.stream_token import issue
from tests.support.bridge.fakes import ATTEMPT, CALL_SID, STREAM_SID, FakePlace, FakeRecords
from tests.support.orders import NOON

SECRET = "x" * 32


@pytest.fixture
def records() -> FakeRecords:
    return FakeRecords().begin()


@pytest.fixture
def admission(records: FakeRecords) -> StreamAdmission:
    return StreamAdmission(records, signing_secrets=("n" * 32, SECRET), prompt_version="session-v9")


def started(records: FakeRecords, *, attempt: str = ATTEMPT, secret: str = SECRET, call: str = CALL_SID) -> StreamStarted:
    token = issue(secret, records.confirmation.id, attempt)
    return StreamStarted(call_sid=call, stream_sid=STREAM_SID, token=token, is_mulaw=True)


async def test_a_good_token_is_used_up_for_its_attempt(admission: StreamAdmission, records: FakeRecords) -> None:
    answer = await admission.admit(started(records), FakePlace())
    assert isinstance(answer, Admitted)
    assert (answer.attempt.id, answer.attempt.stream_sid, answer.attempt.call_sid) == (ATTEMPT, STREAM_SID, CALL_SID)
    assert answer.attempt.prompt_version == "session-v9"


async def test_the_second_stream_with_it_is_rejected(admission: StreamAdmission, records: FakeRecords) -> None:
    await admission.admit(started(records), FakePlace())
    assert await admission.admit(started(records), FakePlace()) == Rejected("token_used")


async def test_a_forged_token_never_reaches_the_store(admission: StreamAdmission, records: FakeRecords) -> None:
    assert await admission.admit(started(records, secret="y" * 32), FakePlace()) == Rejected("token_invalid")
    assert records.asked == 0


async def test_another_attempts_token_is_rejected(admission: StreamAdmission, records: FakeRecords) -> None:
    assert await admission.admit(started(records, attempt=f"att_{7:026}"), FakePlace()) == Rejected("attempt_not_open")


async def test_a_token_in_a_foreign_call_is_rejected_and_stays_good(admission: StreamAdmission, records: FakeRecords) -> None:
    await records.apply(records.confirmation.id, lambda at: CallPlaced(at, ATTEMPT, CALL_SID))
    assert await admission.admit(started(records, call="CA" + "9" * 32), FakePlace()) == Rejected("wrong_call")
    assert isinstance(await admission.admit(started(records), FakePlace()), Admitted)


async def test_a_call_that_is_over_takes_no_stream(admission: StreamAdmission, records: FakeRecords) -> None:
    await records.apply(records.confirmation.id, lambda at: CallEnded(at, ATTEMPT, None))
    assert await admission.admit(started(records), FakePlace()) == Rejected("attempt_not_open")


async def test_an_erased_confirmation_takes_no_stream(admission: StreamAdmission) -> None:
    token = issue(SECRET, f"cnf_{9:026}", ATTEMPT)
    assert await admission.admit(StreamStarted(CALL_SID, STREAM_SID, token, True), FakePlace()) == Rejected("token_unknown")


async def test_with_the_store_away_it_is_our_fault(admission: StreamAdmission, records: FakeRecords) -> None:
    records.is_away = True
    rejected = await admission.admit(started(records), FakePlace())
    assert rejected == Rejected("store_unavailable", fault="redis: ConnectionError")
    assert rejected.is_our_fault
    assert records.now == NOON


@pytest.mark.parametrize(("call_sid", "is_mulaw", "reason"), [("", True, "token_invalid"), (CALL_SID, False, "wrong_format")])
async def test_a_start_that_cannot_be_served(
    admission: StreamAdmission, records: FakeRecords, call_sid: str, is_mulaw: bool, reason: str
) -> None:
    token = issue(SECRET, records.confirmation.id, ATTEMPT)
    assert await admission.admit(StreamStarted(call_sid, STREAM_SID, token, is_mulaw), FakePlace()) == Rejected(reason)


async def test_a_place_is_taken_only_with_a_good_signature_of_the_token(admission: StreamAdmission, records: FakeRecords) -> None:
    place = FakePlace()
    await admission.admit(started(records, secret="y" * 32), place)
    assert place.claims == 0
    await admission.admit(started(records), place)
    assert place.claims == 1


async def test_with_all_places_taken_the_token_stays_good(admission: StreamAdmission, records: FakeRecords) -> None:
    rejected = await admission.admit(started(records), FakePlace(has_room=False))
    assert rejected == Rejected("full", fault="all places are taken")
    assert records.asked == 0
    assert isinstance(await admission.admit(started(records), FakePlace()), Admitted)
