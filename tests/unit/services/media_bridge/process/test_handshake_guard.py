"""What stands before picows answers every fault itself; the socket is played."""

import asyncio

import pytest

from services.media_bridge.process.handshake_guard import MOST_EARLY_BYTES, MOST_PER_ADDRESS, HandshakeGuard, OpenHeads
from services.media_bridge.process.request_head import HeadFault

HEAD = b"GET /media-stream HTTP/1.1\r\nHost: x\r\n\r\n"


class Transport:
    """What of asyncio's transport is used."""

    def __init__(self, peer: str) -> None:
        self._peer = peer
        self.written = b""
        self.has_ended = False
        self.abortions = 0
        self.protocol: object = None

    def get_extra_info(self, name: str) -> tuple[str, int]:
        assert name == "peername"
        return (self._peer, 1)

    def write(self, data: bytes) -> None:
        self.written += data

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.has_ended = True

    def abort(self) -> None:
        self.abortions += 1

    def is_closing(self) -> bool:
        return self.abortions > 0

    def set_protocol(self, protocol: object) -> None:
        self.protocol = protocol


class Picows:
    """Records what it receives, in a buffer that is smaller than a head."""

    def __init__(self) -> None:
        self.received = b""
        self.is_lost = False
        self._buffer = bytearray(16)

    def connection_made(self, transport: object, /) -> None:
        pass

    def connection_lost(self, exc: Exception | None, /) -> None:
        self.is_lost = True

    def get_buffer(self, sizehint: int, /) -> memoryview:
        return memoryview(self._buffer)

    def buffer_updated(self, nbytes: int, /) -> None:
        self.received += self._buffer[:nbytes]

    def eof_received(self) -> bool | None:
        return False

    def pause_writing(self) -> None:
        pass

    def resume_writing(self) -> None:
        pass


class Connection:
    """One connection to a guard."""

    def __init__(self, open_heads: OpenHeads | None = None, *, peer: str = "203.0.113.9") -> None:
        self.picows = Picows()
        self.transport = Transport(peer)
        self.faults: list[HeadFault] = []
        self.guard = HandshakeGuard(lambda _guard: self.picows, open_heads or OpenHeads(), self.faults.append)
        self.guard.connection_made(self.transport)  # type: ignore[arg-type]  # the part of it that is used

    def bring(self, data: bytes) -> None:
        while data:
            buffer = self.guard.get_buffer(-1)
            count = min(len(buffer), len(data))
            buffer[:count] = data[:count]
            data = data[count:]
            self.guard.buffer_updated(count)

    def received(self) -> bytes:
        return self.picows.received

    @property
    def status(self) -> int:
        assert self.transport.has_ended
        return int(self.transport.written.split(b" ")[1])


async def test_a_whole_head_goes_on_with_what_came_behind_it() -> None:
    connection = Connection()
    connection.bring(HEAD[:9])
    assert connection.received() == b""
    connection.bring(HEAD[9:] + b"frames")
    connection.bring(b" and more")
    assert connection.received() == HEAD + b"frames and more"
    assert connection.transport.written == b""
    connection.guard.connection_lost(None)
    assert connection.picows.is_lost


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /media-stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 405),
        (b"GET /media-stream HTTP/1.1\r\nX: " + b"x" * 17_000 + b"\r\n\r\n", 431),
        (b"GET /media-stream?" + b"x" * 17_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
    ],
)
async def test_a_fault_gets_its_answer_and_what_follows_is_thrown_away(sent: bytes, status: int) -> None:
    connection = Connection()
    connection.bring(sent)
    assert connection.status == status
    assert [fault.status for fault in connection.faults] == [status]
    assert connection.received() == b""
    assert connection.transport.abortions == 0
    connection.bring(bytes(200_000))
    connection.bring(bytes(200_000))
    assert connection.transport.abortions
    connection.guard.connection_lost(None)


async def test_a_head_that_does_not_come_is_answered_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.media_bridge.process.handshake_guard.HEAD_LIMIT_S", 0.0)
    connection = Connection()
    connection.bring(b"G")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert connection.status == 408
    connection.guard.connection_lost(None)


async def test_one_address_has_few_unfinished_heads_and_the_gateway_more() -> None:
    open_heads = OpenHeads()
    unfinished = [Connection(open_heads) for _ in range(MOST_PER_ADDRESS)]
    assert Connection(open_heads).status == 429
    assert Connection(open_heads, peer="203.0.113.10").transport.written == b""
    assert all(Connection(open_heads, peer="172.18.0.2").transport.written == b"" for _ in range(MOST_PER_ADDRESS + 1))
    unfinished[0].bring(HEAD)
    unfinished[1].guard.connection_lost(None)
    assert Connection(open_heads).transport.written == b""


async def test_the_addresses_of_one_ipv6_network_are_counted_together() -> None:
    open_heads = OpenHeads()
    many = [Connection(open_heads, peer=f"2001:db8::{number}") for number in range(MOST_PER_ADDRESS + 1)]
    assert [one.transport.written for one in many[:-1]] == [b""] * MOST_PER_ADDRESS
    assert many[-1].status == 429
    assert Connection(open_heads, peer="2001:db8:0:1::1").transport.written == b""


async def test_before_the_admission_the_bytes_are_bounded_and_after_it_picows_has_the_connection() -> None:
    stranger, caller = Connection(), Connection()
    for connection in (stranger, caller):
        connection.bring(HEAD)
    caller.guard.admit()
    assert caller.transport.protocol is caller.picows
    stranger.bring(bytes(MOST_EARLY_BYTES))
    assert stranger.transport.abortions == 0
    stranger.bring(b"x")
    assert stranger.transport.abortions == 1
    stranger.guard.connection_lost(None)
    stranger.guard.admit()
    assert stranger.transport.protocol is None


async def test_a_connection_that_is_gone_leaves_no_timer_behind() -> None:
    connection = Connection()
    connection.guard.connection_lost(None)
    await asyncio.sleep(0)
    assert connection.transport.written == b""
