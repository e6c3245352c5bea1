"""At the socket: nothing leaves too late, and only what never left counts as not sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from services.dialer_worker.calls.create_call_result import CreateCallResult, NotSent, Unclear
from services.dialer_worker.calls.twilio_client import TwilioClient, open_http_client
from tests.support.call_request import REQUEST
from tools.ports import free_port

pytestmark = pytest.mark.system

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def twilio_client(port: int) -> AsyncIterator[TwilioClient]:
    async with open_http_client(f"http://127.0.0.1:{port}", account_sid="AC0", auth_token="token") as client:
        yield TwilioClient(client, account_sid="AC0", on_error=lambda _: None)


async def place_with(serve: Serve, *, is_in_time: Callable[[], bool]) -> CreateCallResult:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, twilio_client(server.sockets[0].getsockname()[1]) as line:
        return await line.create_call(REQUEST, is_in_time=is_in_time)


async def test_a_request_that_is_late_when_the_connection_stands_never_leaves() -> None:
    heard: list[bytes] = []
    connections = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.set()
        heard.append(await reader.read())
        writer.close()

    answers = iter([True])
    answer = await place_with(listen, is_in_time=lambda: next(answers, False))
    assert answer == NotSent("too_late")
    async with asyncio.timeout(5):
        await connections.wait()
        while not heard:
            await asyncio.sleep(0)
    assert heard == [b""]


async def test_a_connection_that_breaks_after_the_request_left_is_unclear() -> None:
    async def read_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    assert isinstance(await place_with(read_and_close, is_in_time=lambda: True), Unclear)


async def test_a_port_where_nobody_listens_got_nothing() -> None:
    async with twilio_client(free_port()) as line:
        assert await line.create_call(REQUEST, is_in_time=lambda: True) == NotSent("ConnectError")
