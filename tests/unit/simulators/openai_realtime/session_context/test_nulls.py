"""Optional fields of an event may be null or missing, in a copy of the event."""

import random

import pytest

from simulators.openai_realtime.session_context.nulls import with_nulls

DONE = {"type": "response.done", "response": {"usage": {"total_tokens": 3}, "output": [{"id": "item_1"}, {"id": "item_2"}]}}


def changed(path: str) -> list[object]:
    return [with_nulls(DONE, {"response.done": (path,)}, random.Random(seed)) for seed in range(20)]


def test_a_field_becomes_null_or_is_missing_and_the_event_itself_stays() -> None:
    usages = [one["response"].get("usage", "missing") for one in changed("response.usage")]  # type: ignore[index]

    assert set(usages) == {None, "missing"}
    assert DONE["response"]["usage"] == {"total_tokens": 3}  # type: ignore[index]


def test_in_lists_every_object_loses_the_field() -> None:
    outputs = [one["response"]["output"] for one in changed("response.output.id")]  # type: ignore[index]

    assert all(output in ([{}, {}], [{"id": None}, {"id": None}]) for output in outputs)


@pytest.mark.parametrize("paths", [{}, {"response.done": ("response.nothing", "response.usage.nothing", "nobody.at.all")}])
def test_an_event_without_such_a_field_is_unchanged(paths: dict[str, tuple[str, ...]]) -> None:
    assert with_nulls(DONE, paths, random.Random(1)) is DONE
