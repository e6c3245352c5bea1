"""Posting to shops' servers: the address that was checked is the one that is used."""

from typing import Self

import httpx
import pytest

from services.dialer_worker.deliveries.http_post import Accepted, HttpPoster, Refused

URL = "https://hooks.shop.example:8443/orders?x=1"
Answer = httpx.Response | Exception


class Line:
    """The network: `addresses` is what the name leads to."""

    def __init__(self, *addresses: str, answer: Answer | None = None, allows_private: bool = False) -> None:
        self.addresses = list(addresses)
        self.requests: list[httpx.Request] = []
        self._answer = httpx.Response(204) if answer is None else answer
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._take))
        self.poster = HttpPoster(client, resolve=self._resolve, allows_private=allows_private)

    async def send(self, url: str = URL) -> Accepted | Refused:
        return await self.poster.post(url, {"webhook-id": "1"}, b"{}")

    async def _resolve(self, host: str, port: int) -> list[str]:
        if not self.addresses:
            raise OSError("no such host")
        return self.addresses

    async def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        content = httpx.ByteStream(self._answer.content) if self._answer.is_stream_consumed else self._answer.stream
        return httpx.Response(self._answer.status_code, headers=self._answer.headers, stream=content)


async def test_the_checked_address_is_used_under_the_hosts_name() -> None:
    line = Line("93.184.216.34", "2606:4700::1111")
    assert await line.send() == Accepted()
    (request,) = line.requests
    assert str(request.url) == "https://93.184.216.34:8443/orders?x=1"
    assert request.headers["host"] == "hooks.shop.example:8443"
    assert request.extensions["sni_hostname"] == "hooks.shop.example"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "::1", "::ffff:169.254.169.254"])
async def test_a_name_with_a_private_address_is_refused_even_if_it_has_a_public_one_too(address: str) -> None:
    line = Line("93.184.216.34", address)
    assert await line.send() == Refused("the host leads to a private address")
    assert line.requests == []


async def test_a_url_that_is_not_allowed_any_more_is_not_asked_for() -> None:
    assert await Line("93.184.216.34").send("http://hooks.shop.example/") == Refused("the URL is not allowed any more")


async def test_for_trials_private_addresses_can_be_allowed() -> None:
    assert await Line("127.0.0.1", allows_private=True).send("http://localhost:9/") == Accepted()


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (httpx.Response(302, headers={"location": "http://10.0.0.8/"}), Refused("http 302: redirects are not followed")),
        (httpx.Response(500, text="secret"), Refused("http 500")),
        (httpx.Response(503, headers={"retry-after": "90"}), Refused("http 503", 90)),
        (httpx.Response(503, headers={"retry-after": "Fri, 27 Nov 2026 07:28:00 GMT"}), Refused("http 503")),
        (httpx.Response(503, headers={"retry-after": "9" * 99}), Refused("http 503")),
        (httpx.Response(410), Refused("http 410", is_gone=True)),
        (httpx.ConnectError("x"), Refused("connection failed: ConnectError")),
        (TimeoutError(), Refused("no answer within 10 s")),
    ],
)
async def test_any_failure_is_returned_without_the_answers_text(answer: Answer, refused: Refused) -> None:
    assert await Line("93.184.216.34", answer=answer).send() == refused


async def test_a_host_without_an_address() -> None:
    assert await Line().send() == Refused("the host has no address")


class Endless(httpx.AsyncByteStream):
    """An answer without an end."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return b"x" * 10_000


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    assert await Line("93.184.216.34", answer=httpx.Response(200, stream=Endless())).send() == Accepted()


async def test_an_answer_that_may_unpack_to_something_huge_is_not_unpacked() -> None:
    packed = httpx.Response(200, headers={"content-encoding": "gzip", "content-length": "9"}, stream=Endless())
    assert await Line("93.184.216.34", answer=packed).send() == Accepted()
