"""A fast substitute for Twilio's REST API: accepts every call after 200 ms, and records when each request came.

`python -m bench.dialer.fast_twilio PORT`. `GET /arrivals?from=N` returns the requests from the N-th on: confirmation, attempt, and
time (monotonic nanoseconds).
"""

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec
import uvloop

ANSWER_AFTER_S = 0.2
_IDS = re.compile(r"/twilio/status/(cnf_[0-9A-Z]+)/(att_[0-9A-Z]+)")


class Arrival(msgspec.Struct, array_like=True):
    """A request for a call."""

    confirmation_id: str
    attempt_id: str
    at_ns: int


_arrivals: list[Arrival] = []


class _Server(asyncio.Protocol):
    """One keep-alive connection; a request arrives whole or in pieces."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a TCP connection's

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if not found or len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            self._take(head.split(b"\r\n", 1)[0].decode(), body)

    def _take(self, request: str, body: bytes) -> None:
        method, path, _ = request.split(" ", 2)
        if method == "POST" and path.endswith("/Calls.json"):
            self._place(parse_qs(body.decode()))
        elif path.startswith("/arrivals"):
            self._answer("200 OK", msgspec.json.encode(_arrivals[int(path.partition("from=")[2] or 0) :]))
        else:
            self._answer("200 OK", b'{"calls":[],"next_page_uri":null}')

    def _place(self, form: dict[str, list[str]]) -> None:
        now = time.monotonic_ns()
        ids = _IDS.search(form["StatusCallback"][0])
        if ids:
            _arrivals.append(Arrival(ids[1], ids[2], now))
        call = {"sid": f"CA{len(_arrivals):032x}", "status": "queued", "to": form["To"][0], "from": form["From"][0]}
        asyncio.get_running_loop().call_later(ANSWER_AFTER_S, self._answer, "201 CREATED", msgspec.json.encode(call))

    def _answer(self, status: str, body: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(head.encode() + body)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serve until the process is ended."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(arguments[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
