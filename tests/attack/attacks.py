"""The attacks, each a coroutine that goes on until it is cancelled, at the rate that its docstring says; loopback only.

`ATTACKS` names them. An attack never judges: `report` does, by what the bystanders noticed. Answers are counted by what they
were (`ok` for 2xx, the status, or the fault of the connection), to be shown beside the verdict.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from tests.attack.breaches import CALLER, CALLERS_ORDER
from tests.attack.bystanders import order_of
from tests.attack.rig import OTHER_KEY, TEST_KEY, Rig
from tools.plain_http import PLAIN

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_GIVE_UP_S = 5.0
FLOODED_PHONE = "+38344799002"
"""The phone of `orders_to_one_number`, which is rung at most `rig.calls_per_number` times."""


@dataclass(slots=True)
class Attacker:
    """Who attacks: where, and what was answered so far."""

    rig: Rig
    answers: Counter[str] = field(default_factory=Counter)

    async def raw(self, request: bytes, *, to: str | None = None) -> None:
        """Send bytes on a connection of their own, and count the first line of the answer."""
        try:
            async with asyncio.timeout(_GIVE_UP_S), _connection(to or self.rig.gateway) as (reader, writer):
                writer.write(request)
                line = await reader.readline()
                self.answers[line.decode("latin-1").split(" ")[1] if line.startswith(b"HTTP/") else "closed"] += 1
        except TimeoutError:
            self.answers["no answer"] += 1
        except OSError as error:
            self.answers[type(error).__name__] += 1

    async def hold_open(self, request: bytes) -> None:
        """Send a request on a connection of its own, count the first line of the answer, and read for up to a minute."""
        async with _connection(self.rig.gateway) as (reader, writer):
            writer.write(request)
            line = await reader.readline()
            self.answers[line.decode("latin-1").split(" ")[1] if line else "closed"] += 1
            async with asyncio.timeout(60):
                while await reader.read(4096):
                    pass

    async def send(self, client: httpx.AsyncClient, method: str, path: str, **what: object) -> None:
        """Send a request and count the answer."""
        try:
            answer = await client.request(method, path, **what)  # type: ignore[arg-type]  # httpx's own keywords
            self.answers["ok" if answer.is_success else str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            self.answers[type(error).__name__] += 1

    def client(self, *, key: str | None = None, timeout: float = _GIVE_UP_S) -> httpx.AsyncClient:
        """Return a client of the gateway, with a shop's key or without."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.AsyncClient(base_url=self.rig.api_url, headers=headers, timeout=timeout, verify=PLAIN)


Attack = Callable[[Attacker], Awaitable[None]]


@contextlib.asynccontextmanager
async def _connection(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _each(every_s: float, act: Callable[[int], Awaitable[None]], *, at_once: int = 50) -> None:
    """Act again and again, `every_s` apart, whether the earlier acts are done or not; at most `at_once` at the same time."""
    places = asyncio.Semaphore(at_once)

    async def one(number: int) -> None:
        try:
            await act(number)
        finally:
            places.release()

    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            await places.acquire()
            group.create_task(one(number))
            await asyncio.sleep(every_s)


async def _hold(count: int, hold: Callable[[], Awaitable[None]]) -> None:
    """Keep that many things going at the same time; one that ends begins again after a second."""

    async def again() -> None:
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                await hold()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(again())
            await asyncio.sleep(0.005)


def _upgrade(path: str = "/media-stream", *more: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: calls.example",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _frame(payload_bytes: int, *, opcode: int, is_last: bool) -> bytes:
    """Return the head of a masked WebSocket frame whose mask is zero, so that the payload can follow as it is."""
    head = bytes([(0x80 if is_last else 0) | opcode, 0x80 | 127])
    return head + payload_bytes.to_bytes(8, "big") + bytes(4)


# --- 1. requests that make a server look broken


async def broken_handshakes(attacker: Attacker) -> None:
    """Four a second: 17 KB of headers, 17 KB of query, a broken chunk, another method, each at the media stream."""
    requests = (
        lambda: _upgrade("/media-stream", f"X-Filler: {'x' * 17_000}"),
        lambda: _upgrade(f"/media-stream?{'x' * 17_000}"),
        lambda: b"POST /media-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nbroken\r\n",
        lambda: b"BREW /media-stream HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    await _each(0.25, lambda number: attacker.raw(requests[number % len(requests)]()))


# --- 2. work that grows with the square


async def forms_of_many_names(attacker: Attacker) -> None:
    """Two a second: a form of 16,800 names (63 KB) to Twilio's paths, with a signature of the right shape and without."""
    body = "&".join(f"{number:x}" for number in range(16_800)).encode()[:64_000]
    fake = base64.b64encode(bytes(20)).decode()
    paths = ("/incoming-call", "/twilio/status/cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA/att_01JD8X3F7Q2M5N8P0R4T6V9WZA")
    async with attacker.client() as client:
        await _each(
            0.5,
            lambda number: attacker.send(
                client,
                "POST",
                paths[number % 2],
                content=body,
                headers={**_FORM, **({"X-Twilio-Signature": fake} if number % 4 < 2 else {})},
            ),
        )


async def bulk_of_one_member(attacker: Attacker) -> None:
    """One a second, by another shop: a bulk whose item repeats one member 40,000 times, and one of 40,000 unknown names."""
    doubled = '{"items":[{' + ",".join('"a":1' for _ in range(40_000)) + "}]}"
    unknown = '{"items":[{' + ",".join(f'"a{number}":1' for number in range(40_000)) + "}]}"
    async with attacker.client(key=OTHER_KEY) as client:
        headers = {"Content-Type": "application/json"}
        await _each(
            1.0,
            lambda number: attacker.send(
                client, "POST", "/v1/confirmations/bulk", content=(doubled, unknown)[number % 2].encode(), headers=headers
            ),
        )


async def hostile_json(attacker: Attacker) -> None:
    """Ten a second, by another shop: nested 30,000 deep, half a surrogate pair, NUL, 1e400, 5,000 digits, odd headers."""
    bodies = (
        b'{"order":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b'{"order":{"id":"\\ud800"},"company":"Shopaz","customer":{"phone":"+38344123456"}}',
        b'{"order":{"id":"a\\u0000b"},"company":"Shopaz","customer":{"phone":"+38344123456"}}',
        b'{"order":{"id":1e400}}',
        b'{"order":{"id":' + b"9" * 5_000 + b"}}",
    )
    headers: Mapping[str, str] = {"Content-Type": "application/json"}
    async with attacker.client(key=OTHER_KEY) as client:

        async def act(number: int) -> None:
            match number % 8:
                case 5:
                    await attacker.raw(b"GET /v1/confirmations HTTP/1.1\r\nHost: [::1\r\n\r\n")
                case 6:
                    await attacker.send(client, "GET", "/v1/confirmations?limit=" + "9" * 5_000)
                case 7:
                    await attacker.raw(
                        f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OTHER_KEY}\r\n"
                        f"Last-Event-ID: {'9' * 40}-{'9' * 40}\r\n\r\n".encode()
                    )
                case other:
                    await attacker.send(client, "POST", "/v1/confirmations", content=bodies[other], headers=headers)

        await _each(0.1, act)


# --- 3. strangers who take places


async def idle_sockets(attacker: Attacker) -> None:
    """420 media streams that say nothing, opened again whenever one is closed."""
    await _hold(420, lambda: attacker.hold_open(_upgrade()))


async def slow_requests(attacker: Attacker) -> None:
    """300 connections, half at the gateway and half at the webhook service: a byte of a header, or of a body, a second."""
    sides = itertools.cycle((attacker.rig.gateway, attacker.rig.webhook))

    async def hold() -> None:
        async with _connection(next(sides)) as (reader, writer):
            writer.write(b"POST /incoming-call HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n")
            if next(bodies):
                writer.write(b"X-Twilio-Signature: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nContent-Length: 60000\r\n\r\n")
            for _ in range(60):
                writer.write(b"x")
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        line = await reader.readline()
                        attacker.answers[line.decode("latin-1").split(" ")[1] if line.startswith(b"HTTP/") else "closed"] += 1
                        return

    bodies = itertools.cycle((False, True, True, False))
    await _hold(300, hold)


# --- 4. memory


async def great_messages(attacker: Attacker) -> None:
    """150 sockets, each with an unfinished message of 15 MB in fragments, before any token."""
    block = bytes(256 * 1024)

    async def hold() -> None:
        async with _connection(attacker.rig.bridge) as (reader, writer):
            writer.write(_upgrade())
            await reader.readuntil(b"\r\n\r\n")
            for number in range(60):
                writer.write(_frame(len(block), opcode=1 if number == 0 else 0, is_last=False) + block)
                await writer.drain()
            attacker.answers["took 15 MB"] += 1
            async with asyncio.timeout(20):
                await reader.read()

    async def counted() -> None:
        try:
            await hold()
        except (OSError, asyncio.IncompleteReadError) as error:
            attacker.answers[type(error).__name__] += 1
            await asyncio.sleep(1)

    await _hold(150, counted)


# --- 5., 6. telephones


async def calls_from_one_number(attacker: Attacker) -> None:
    """Four inbound calls a second from one spoofed number that has an open order: Twilio signs them."""
    async with attacker.client(key=OTHER_KEY) as client:
        await client.post("/v1/confirmations", json=CALLERS_ORDER)
    async with httpx.AsyncClient(base_url=attacker.rig.twilio_url, timeout=_GIVE_UP_S, verify=PLAIN) as twilio:
        person = {
            "answer": {"steps": [{"pause": 2}, {"press": "2111"}, {"pause": 3}, {"press": "2"}, "stay"], "amd": {"verdict": "none"}}
        }
        wanted = {"from": CALLER, "to": attacker.rig.shop_number, "person": person}
        await _each(0.25, lambda _number: attacker.send(twilio, "POST", "/simulator/inbound-calls", json=wanted), at_once=80)


async def orders_to_one_number(attacker: Attacker) -> None:
    """Two orders a second to one phone, by another shop."""
    async with attacker.client(key=OTHER_KEY) as client:

        async def act(number: int) -> None:
            body = {**order_of(FLOODED_PHONE), "company": "Gjirafa"}
            body["order"] = {"id": f"FLOOD-{number}"}
            await attacker.send(client, "POST", "/v1/confirmations", json=body)

        await _each(0.5, act)


# --- 7. neighbours


async def all_event_streams(attacker: Attacker) -> None:
    """600 event streams with one test key."""
    request = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TEST_KEY}\r\n\r\n".encode()

    await _hold(600, lambda: attacker.hold_open(request))


async def wrong_keys(attacker: Attacker) -> None:
    """100 a second with keys that do not exist."""
    async with attacker.client() as client:
        await _each(
            0.01,
            lambda number: attacker.send(
                client, "GET", "/v1/confirmations", headers={"Authorization": f"Bearer guess-{number:020}"}
            ),
        )


# --- 10. what is public


async def openapi_flood(attacker: Attacker) -> None:
    """20 clients that fetch /openapi.json again and again."""

    async def hold() -> None:
        async with attacker.client() as client:
            while True:
                await attacker.send(client, "GET", "/openapi.json")
                await asyncio.sleep(0)

    await _hold(20, hold)


async def signed_forms_of_many_names(attacker: Attacker) -> None:
    """Ten a second: the largest form that is read, signed by Twilio itself, with 200 names."""
    fields = {f"Field{number}": "x" for number in range(200)}
    path = "/twilio/incoming-status"
    signature = RequestValidator(attacker.rig.auth_token).compute_signature(f"{attacker.rig.api_url}{path}", fields)
    async with attacker.client() as client:
        await _each(
            0.1, lambda _number: attacker.send(client, "POST", path, data=fields, headers={"X-Twilio-Signature": signature})
        )


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        broken_handshakes,
        forms_of_many_names,
        signed_forms_of_many_names,
        bulk_of_one_member,
        hostile_json,
        idle_sockets,
        slow_requests,
        great_messages,
        calls_from_one_number,
        orders_to_one_number,
        all_event_streams,
        wrong_keys,
        openapi_flood,
    )
}


def described(attack: Attack) -> str:
    """Return the attack's first line, as the table shows it."""
    return (attack.__doc__ or "").strip().partition("\n")[0]


def answers_line(answers: Counter[str]) -> str:
    """Return the answers by how often they came, `{"403": 12}`."""
    return json.dumps(dict(answers.most_common(5)))
