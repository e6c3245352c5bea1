"""The Twilio simulator as a process, and the servers that it calls: webhooks over HTTP, streams over WebSocket."""

import asyncio
import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from websockets.asyncio.server import ServerConnection, serve

from tools.plain_http import PLAIN

ACCOUNT = "AC" + "5" * 32
TOKEN = "t0ken-of-the-simulated-account"
SHOP = "+38344000001"
ARTA = "+38344123456"


Found = TypeVar("Found")


class _Redirected(TwilioHttpClient):  # type: ignore[misc]
    """The official client's transport, sent to the simulator in place of api.twilio.com."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=10)
        self._origin = origin

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> object:
        return super().request(method, url.replace("https://api.twilio.com", self._origin), *args, **kwargs)


@dataclass(slots=True)
class TwilioSimulator:
    """A running simulator."""

    origin: str
    recordings: Path

    def client(self, *, token: str = TOKEN) -> Client:
        """Return the official client, connected to the simulator. Close its session: `with closing_client(...)`."""
        return Client(ACCOUNT, token, http_client=_Redirected(self.origin))

    def admin(self, method: str, path: str, document: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send a request to an admin page."""
        answer = httpx.request(method, f"{self.origin}/simulator{path}", json=document, timeout=10, verify=PLAIN)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def reset(self) -> None:
        self.admin("DELETE", "")

    def script(self, phone: str, *attempts: object) -> None:
        self.admin("PUT", f"/people/{phone}", {"attempts": list(attempts)})

    def faults(self, *rules: Mapping[str, object], seed: int = 1) -> None:
        self.admin("PUT", "/faults", {"seed": seed, "rules": list(rules)})

    def rest(
        self,
        method: str,
        path: str,
        *,
        auth: tuple[str, str] = (ACCOUNT, TOKEN),
        data: Mapping[str, object] | None = None,
        timeout_s: float = 10,
    ) -> httpx.Response:
        """Send a request to Twilio's own API, without the client."""
        url = f"{self.origin}/2010-04-01/Accounts/{ACCOUNT}{path}"
        return httpx.request(method, url, auth=auth, data=data, timeout=timeout_s, verify=PLAIN)

    def create(self, **parameters: object) -> dict[str, Any]:
        """Place a call; return the resource."""
        answer = self.rest("POST", "/Calls.json", data={"To": ARTA, "From": SHOP, **parameters})
        assert answer.status_code == 201, answer.text
        resource: dict[str, Any] = answer.json()
        return resource

    def ledger(self, sid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.admin("GET", f"/calls/{sid}")
        return found

    async def ended(self, sid: str, *, limit_s: float = 15) -> dict[str, Any]:
        """Return the ledger of a call once it has ended."""
        return await eventually(lambda: _if(self.ledger(sid), lambda call: call["ended_ms"]), limit_s=limit_s)


def _if(value: dict[str, Any], claim: Callable[[dict[str, Any]], object]) -> dict[str, Any] | None:
    return value if claim(value) else None


async def eventually(look: Callable[[], Found | None], *, limit_s: float = 10) -> Found:
    """Return what `look` finds, as soon as it finds something."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        found = await asyncio.to_thread(look)
        if found:
            return found
        await asyncio.sleep(0.03)
    raise AssertionError("nothing came within the limit")


@contextmanager
def running_twilio(folder: Path, *options: str) -> Iterator[TwilioSimulator]:
    """Run the program itself on a free port; ringing and detection are ten times faster, with many calls a second."""
    command = [sys.executable, "-m", "simulators.twilio", "--port", "0", "--account-sid", ACCOUNT, "--auth-token", TOKEN]
    command += ["--speed", "10", "--calls-per-second", "200", "--recordings", str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        try:
            yield TwilioSimulator(line.split()[3], folder)
        finally:
            process.terminate()
            process.wait(10)


@dataclass(slots=True)
class Received:
    """One request to the web server."""

    method: str
    url: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]
    signed: bool
    at: float = field(default_factory=time.monotonic)


class FarEnd:
    """A web server that records its requests and answers as the test says: path to (status, content type, body)."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: dict[str, tuple[int, str, bytes]] = {}
        self.origin = ""
        self.slow_s = 0.0

    def say(self, path: str, content: str, *, status: int = 200, content_type: str = "text/xml") -> str:
        """Answer that path with TwiML; return its URL."""
        self.answers[path] = (status, content_type, content.encode())
        return self.origin + path

    def at(self, path: str) -> list[Received]:
        return [one for one in self.received if one.path == path]

    async def take(self, request: Request) -> Response:
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True))
        signature = request.headers.get("x-twilio-signature", "")
        signed = bool(RequestValidator(TOKEN).validate(str(request.url), form, signature))
        headers = dict(request.headers)
        self.received.append(Received(request.method, str(request.url), request.url.path, form, headers, signed))
        await asyncio.sleep(self.slow_s)
        status, content_type, content = self.answers.get(request.url.path, (204, "", b""))
        return Response(content, status, {"content-type": content_type} if content_type else {})


@contextmanager
def far_end() -> Iterator[FarEnd]:
    """Run a web server on a free port, in a thread of its own."""
    end = FarEnd()
    app = Starlette(routes=[Route("/{path:path}", end.take, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    end.origin = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield end
    finally:
        server.should_exit = True
        thread.join(10)


class Bridge:
    """The server side of one media stream: the received frames with their times, and methods to send."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket
        assert socket.request is not None
        self.headers = dict(socket.request.headers.raw_items())
        self.path = socket.request.path
        self.frames: list[tuple[float, dict[str, Any]]] = []
        self.closed = asyncio.Event()

    @property
    def stream_sid(self) -> str:
        return str(self.of("start")[0]["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        return [frame for _, frame in self.frames if frame["event"] == event]

    def times(self, event: str) -> list[float]:
        return [at for at, frame in self.frames if frame["event"] == event]

    async def send(self, event: str, **content: object) -> None:
        body = {event: content} if content else {}
        await self._socket.send(json.dumps({"event": event, "streamSid": self.stream_sid, **body}))

    async def send_raw(self, frame: str | bytes) -> None:
        await self._socket.send(frame)

    async def close(self) -> None:
        await self._socket.close()

    async def until(self, event: str, *, count: int = 1, limit_s: float = 8) -> None:
        """Wait until that many frames of the event have come."""
        async with asyncio.timeout(limit_s):
            while len(self.of(event)) < count:
                await asyncio.sleep(0.005)

    async def read(self) -> None:
        async for frame in self._socket:
            assert isinstance(frame, str)
            self.frames.append((time.monotonic(), json.loads(frame)))
        self.closed.set()


class StreamServer:
    """Accepts media streams; each becomes a `Bridge`."""

    def __init__(self) -> None:
        self.bridges: list[Bridge] = []
        self.url = ""

    async def take(self, socket: ServerConnection) -> None:
        bridge = Bridge(socket)
        self.bridges.append(bridge)
        await bridge.read()

    async def first(self) -> Bridge:
        """Return the first stream, once it has started."""
        async with asyncio.timeout(8):
            while not self.bridges:
                await asyncio.sleep(0.005)
        await self.bridges[0].until("start")
        return self.bridges[0]


@asynccontextmanager
async def stream_server() -> AsyncIterator[StreamServer]:
    server = StreamServer()
    async with serve(server.take, "127.0.0.1", 0, compression=None, max_size=None) as listening:
        server.url = f"ws://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}/media-stream"
        yield server
        for bridge in server.bridges:
            with contextlib.suppress(ConnectionError):
                await bridge.close()


def stream_twiml(url: str, *, action: str = "", after: str = "", **parameters: str) -> str:
    """Return `<Connect><Stream>`, and the TwiML after it."""
    inner = "".join(f'<Parameter name="{name}" value="{value}"/>' for name, value in parameters.items())
    action_attribute = f' action="{action}"' if action else ""
    return f'<Response><Connect{action_attribute}><Stream url="{url}">{inner}</Stream></Connect>{after}</Response>'
