"""Stands between a new connection and picows until its stream is admitted.

It answers every faulty request, and bounds what a stranger may send, how slowly, and on how many connections.
After the admission picows' own protocol receives the connection's bytes, so a call pays nothing for it.
"""

from asyncio import BufferedProtocol, Transport, get_running_loop
from asyncio.events import TimerHandle
from collections import Counter
from collections.abc import Callable
from typing import cast

from services.media_bridge.picows_server import ServerProtocol
from services.media_bridge.process import request_head
from services.media_bridge.process.request_head import HEAD_END, MOST_HEAD_BYTES, HeadFault
from shared.runtime.client_address import client_address, counted_as, is_gateway

HEAD_LIMIT_S = 5.0
MOST_CONNECTIONS = 512  # of each process, without a whole head
MOST_PER_ADDRESS = 32
MOST_EARLY_BYTES = 128 * 1024  # Twilio sends 17 KB a second; the token is checked within moments

_READ_BYTES = 4096
_LINGER_S = 1.0
_MOST_LINGER_BYTES = 256 * 1024


class OpenHeads:
    """Counts the connections of one process whose request's head is not whole, by address.

    The gateway sends heads at once, so it is counted in all only.
    """

    def __init__(self) -> None:
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; returns whether there was room for it. It is counted in any case: call `leave`."""
        self._by_address[address] += 1
        is_one_too_many = self._by_address[address] > MOST_PER_ADDRESS and not is_gateway(address)
        return not is_one_too_many and self._by_address.total() <= MOST_CONNECTIONS

    def leave(self, address: str) -> None:
        """Forget a connection."""
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class HandshakeGuard(BufferedProtocol):
    """One connection.

    `serve` makes picows' protocol for it when its head is whole and well-formed; otherwise `on_refused` is told why it is not.
    """

    def __init__(
        self,
        serve: Callable[["HandshakeGuard"], ServerProtocol],
        open_heads: OpenHeads,
        on_refused: Callable[[HeadFault], None],
    ) -> None:
        self._serve = serve
        self._open_heads = open_heads
        self._on_refused = on_refused
        self._transport: Transport | None = None
        self._peer = ""
        self._received = bytearray()  # of the head; afterwards what is read and thrown away
        self._scratch = bytearray(_READ_BYTES)
        self._served: ServerProtocol | None = None
        self._is_refused = False
        self._is_counted = False
        self._timer: TimerHandle | None = None
        self._bytes_left = MOST_EARLY_BYTES

    def address(self, forwarded_for: str | None) -> str:
        """Return under which name the connection is counted."""
        return counted_as(client_address(self._peer, forwarded_for))

    def admit(self) -> None:
        """Let picows have the connection: the stream is a call."""
        if self._transport is not None and self._served is not None and not self._transport.is_closing():
            self._transport.set_protocol(cast("BufferedProtocol", self._served))

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # asyncio names the base class
        """Wait for the head, for a limited time."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._is_counted = True
        if not self._open_heads.enter(counted_as(self._peer)):
            self._refuse(request_head.TOO_MANY)
            return
        self._timer = get_running_loop().call_later(HEAD_LIMIT_S, self._refuse, request_head.TOO_SLOW)

    def get_buffer(self, sizehint: int) -> bytearray | memoryview:
        """Return where the next bytes go."""
        return self._scratch if self._served is None else self._served.get_buffer(sizehint)

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that came."""
        if self._served is not None:
            self._bytes_left -= nbytes
            if self._bytes_left < 0:
                self._abort()
            else:
                self._served.buffer_updated(nbytes)
            return
        if self._is_refused:
            self._bytes_left -= nbytes
            if self._bytes_left < 0:
                self._abort()
            return
        self._received += self._scratch[:nbytes]
        self._read_head()

    def eof_received(self) -> bool | None:
        """Close, as picows does."""
        return False if self._served is None else self._served.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        self._received.clear()
        if self._served is not None:
            self._served.connection_lost(exc)

    def pause_writing(self) -> None:
        """Tell picows that the peer does not read."""
        if self._served is not None:
            self._served.pause_writing()

    def resume_writing(self) -> None:
        """Tell picows that the peer reads again."""
        if self._served is not None:
            self._served.resume_writing()

    def _read_head(self) -> None:
        end = self._received.find(HEAD_END)
        if end < 0 and len(self._received) <= MOST_HEAD_BYTES:
            return
        if end < 0 or end > MOST_HEAD_BYTES:
            self._refuse(request_head.oversize_fault(bytes(self._received)))
        elif fault := request_head.head_fault(bytes(self._received[:end])):
            self._refuse(fault)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        transport = self._transport
        assert transport is not None  # noqa: S101 - bytes come after `connection_made`
        self._stop_waiting()
        received, self._received, self._scratch = self._received, bytearray(), bytearray()
        self._served = served = self._serve(self)
        served.connection_made(transport)
        while received and not transport.is_closing():
            space = served.get_buffer(-1)
            count = min(len(space), len(received))
            space[:count] = received[:count]
            del received[:count]
            served.buffer_updated(count)

    def _refuse(self, fault: HeadFault) -> None:
        """Answer, and then read on for a moment: to close with unread bytes would tear the answer up on its way."""
        transport = self._transport
        assert transport is not None  # noqa: S101 - as above
        self._stop_waiting()
        self._is_refused = True
        self._received.clear()
        self._bytes_left = _MOST_LINGER_BYTES
        self._on_refused(fault)
        transport.write(request_head.refusal_bytes(fault))
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = get_running_loop().call_later(_LINGER_S, self._abort)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_counted:
            self._is_counted = False
            self._open_heads.leave(counted_as(self._peer))

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
