"""A document is made once, and sent once to each who keeps it."""

import asyncio
import threading

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.http.documents import serving


async def test_it_is_made_once_and_known_by_its_tag() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"{}"

    answer = serving(make, {"content-type": "application/json"})

    async def ask(tag: str | None = None) -> Response:
        headers = [] if tag is None else [(b"if-none-match", tag.encode())]
        return await answer(Request({"type": "http", "method": "GET", "path": "/", "headers": headers}))

    assert made == []
    first = await ask()
    tag = first.headers["etag"]
    assert (first.status_code, first.body, first.headers["content-type"]) == (200, b"{}", "application/json")
    assert [(await ask(sent)).status_code for sent in (tag, f'"x", W/{tag}', '"x"')] == [304, 304, 200]
    assert made == [1]


async def test_others_have_their_turn_while_it_is_made_and_who_asks_meanwhile_gets_the_same() -> None:
    others_had_their_turn = threading.Event()
    made: list[bool] = []

    def make() -> bytes:
        made.append(others_had_their_turn.wait(5))
        return b"{}"

    answer = serving(make, {})
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})

    async def let_others() -> None:
        await asyncio.sleep(0)
        others_had_their_turn.set()

    *answers, _ = await asyncio.gather(answer(request), answer(request), answer(request), let_others())
    assert [one.body for one in answers] == [b"{}"] * 3
    assert made == [True]
