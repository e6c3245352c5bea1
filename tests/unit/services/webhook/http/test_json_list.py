"""A list is read entry by entry, with the same result as at once."""

import json

import pytest

from services.webhook.http.json_list import MAX_ENTRY, JsonList, read_list
from services.webhook.http.json_text import fingerprint
from services.webhook.http.long_work import LongWork
from services.webhook.http.problems import ProblemError, ProblemKind


async def read(body: bytes, most: int = 1_000) -> JsonList:
    async with LongWork().turns() as turns:
        return await read_list(body, "items", turns, most=most, digested_as="bulk")


async def test_values_and_digests_are_those_of_the_whole() -> None:
    items = [{"a": [1, "ë"]}, 2, "x,]}", None, [], {"b": {"c": 1.5}}]
    for text in (json.dumps({"items": items}), json.dumps({"items": items}, indent=2, ensure_ascii=False)):
        found = await read(text.encode())
        assert [found.value(index) for index in range(len(found))] == items
        assert found.digest == fingerprint({"bulk": items})
        assert list(found.digests) == [fingerprint(item) for item in items]


async def test_it_may_be_empty() -> None:
    found = await read(b' { "items" : [ ] } ')
    assert (len(found), found.digest) == (0, fingerprint({"bulk": []}))


@pytest.mark.parametrize(
    "body",
    [b'{"items":[1', b'{"items":[1,]}', b'{"items":[1 2]}', b'{"items":[}', b'{"items":[1]}}', b'{"items":[1],"items":[2]}',
     b'{"items":[{"a":1,"a":2}]}', b'{"items":[' + b"[" * 30_000 + b"]}", b'{"items":["\\ud800"]}', b"\xff", b'{"items":[NaN]}'],
)  # fmt: skip
async def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(ProblemError) as caught:
        await read(body)
    assert caught.value.kind is ProblemKind.INVALID_JSON


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b"[]", [""]),
        (b"{}", ["/items"]),
        (b'{"items":1}', ["/items"]),
        (b'{"items":[1,2,3]}', ["/items"]),
        (b'{"items":[],"a":1}', ["/a"]),
        (b'{"a":1,"items":[]}', ["/a"]),
        (b"{" + b" " * 70_000 + b"}", [""]),
    ],
)
async def test_another_shape_is_told_by_its_fields(body: bytes, pointers: list[str]) -> None:
    with pytest.raises(ProblemError) as caught:
        await read(body, most=2)
    assert caught.value.kind is ProblemKind.VALIDATION_FAILED
    assert [fault.pointer for fault in caught.value.faults] == pointers


async def test_the_place_of_a_fault_is_that_in_the_whole_body() -> None:
    with pytest.raises(ProblemError) as caught:
        await read(b'{"items":[\n1,\nx]}')
    assert caught.value.detail == "Expecting value at line 3, column 1."


async def test_an_entry_has_a_limit_of_its_own() -> None:
    entry = b'"' + b"x" * (MAX_ENTRY - 2) + b'"'
    assert len(await read(b'{"items":[' + entry + b"]}")) == 1
    with pytest.raises(ProblemError) as caught:
        await read(b'{"items":["x' + entry[1:] + b"]}")
    assert "longer than" in caught.value.detail
