"""Whatever the model's side sends is an event, or is told apart as none."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.media_bridge.openai.events_wire import event_of, read
from services.media_bridge.openai.tolerant_decoding_wire import UnreadableError


@given(st.binary(max_size=80))
def test_garbage_is_no_event_and_no_other_exception(garbage: bytes) -> None:
    with suppress(UnreadableError):
        event_of(read(garbage), garbage, lambda: None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


TYPES = st.sampled_from(["session.updated", "response.done", "response.created", "error", "conversation.item.added"])


PARTS = st.sampled_from(["session", "response", "error", "item", "item_id", "previous_item_id", "transcript"])


@given(TYPES, st.dictionaries(PARTS, JSON, max_size=4))
def test_an_event_of_another_shape_is_no_other_exception(kind: str, parts: dict[str, Any]) -> None:
    message = json.dumps({"type": kind, **parts}).encode()
    with suppress(UnreadableError):
        event_of(read(message), message, lambda: None)
