"""Frames may come in any spelling; whatever else comes is told apart."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.media_bridge.json_wire import UNREADABLE
from services.media_bridge.twilio.stream_wire import event_of, read

MEDIA: dict[str, Any] = {
    "event": "media",
    "sequenceNumber": "3",
    "media": {"track": "inbound", "chunk": "1", "timestamp": "5", "payload": "//8="},
    "streamSid": "MZ1",
}


def shuffled(frame: dict[str, Any], order: list[int]) -> dict[str, Any]:
    keys = list(frame)
    return {keys[index % len(keys)]: frame[keys[index % len(keys)]] for index in order} | frame


@given(
    st.lists(st.integers(0, 9), max_size=5),
    st.dictionaries(st.text(max_size=5).map("x_{}".format), st.none() | st.integers() | st.text(max_size=5), max_size=3),
    st.sampled_from([None, 0, 2]),
)
def test_order_spaces_and_new_keys_do_not_matter(order: list[int], extra: dict[str, Any], indent: int | None) -> None:
    media = {**extra, **shuffled(MEDIA["media"], order), **extra}
    frame = read(json.dumps({**extra, **shuffled(MEDIA, order), "media": media}, indent=indent).encode())
    assert frame.media is not None
    assert bytes(frame.media.payload) == b'"//8="'


@given(st.binary(max_size=80))
def test_garbage_is_no_frame_and_no_other_exception(garbage: bytes) -> None:
    with suppress(*UNREADABLE):
        event_of(read(garbage), garbage)
