"""Records that earlier versions of the program wrote are read with everything that they hold, and are written anew."""

import json

import pytest

from shared.core.outcome import AttemptResult
from shared.store.records.codec import decode, encode
from tests.fuzz.target import CORPUS

WRITTEN = [
    "of_the_first_version",  # as c299ada wrote them: state `open`, no phone in the header
    "before_ends_of_calls_were_held",  # as 600cc7b
    "of_this_version",
]


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_read_whole(name: str) -> None:
    stored = (CORPUS / "stored_records" / name).read_bytes()
    record = decode(stored)
    one = record.confirmation
    assert (record.version, one.sequence, one.customer.timezone, str(one.call.window)) == (12, 7, "Europe/Belgrade", "09:00-20:00")
    assert [attempt.result for attempt in one.attempts] == [AttemptResult.CALLBACK_REQUESTED, None]
    then, now = json.loads(stored.partition(b"\n")[2]), json.loads(encode(one))
    assert _of_then(now, then) == then


def _of_then(now: object, then: object) -> object:
    """Return of `now` what `then` has, at every depth: what was added since is left out."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {name: _of_then(now[name], then[name]) for name in then}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [_of_then(*pair) for pair in zip(now, then, strict=True)]
    return now
