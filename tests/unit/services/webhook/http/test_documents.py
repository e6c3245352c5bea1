"""A document is made once, and sent once to each who keeps it."""

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
