"""The attacks, each a coroutine that goes on until it is cancelled, at the rate that its docstring says; loopback only.

`ATTACKS` names them. An attack never judges: `report` does, by what the bystanders noticed. Answers are counted by what they
were (`ok` for 2xx, the status, or the fault of the connection), to be shown beside the verdict.
"""

import asyncio
import base64
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from tests.attack.attacker import GIVE_UP_S, Attacker, connection, each, keep_open
from tests.attack.breaches import CALLER, CALLERS_ORDER, FLOODED_PHONE
from tests.attack.bystanders import order_of
from tests.attack.rig import OTHER_KEY, TEST_KEY
from tests.attack.stream_attacks import broken_handshakes, great_messages, idle_sockets
from tools.plain_http import PLAIN

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Attack = Callable[[Attacker], Awaitable[None]]


async def nothing(_attacker: Attacker) -> None:
    """No attack: what the same machine does without one."""
    await asyncio.Event().wait()


# --- work that grows with the square


async def forms_of_many_names(attacker: Attacker) -> None:
    """Two a second: a form of 16,800 names (63 KB) to Twilio's paths, with a signature of the right shape and without."""
    body = "&".join(f"{number:x}" for number in range(16_800)).encode()[:64_000]
    fake = base64.b64encode(bytes(20)).decode()
    paths = ("/incoming-call", "/twilio/status/cnf_01JD8X3F7Q2M5N8P0R4T6V9WZA/att_01JD8X3F7Q2M5N8P0R4T6V9WZA")
    async with attacker.client() as client:
        await each(
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
        await each(
            1.0,
            lambda number: attacker.send(
                client, "POST", "/v1/confirmations/bulk", content=(doubled, unknown)[number % 2].encode(), headers=headers
            ),
        )


async def great_bulks(attacker: Attacker) -> None:
    """Three at the same time without a pause, by another shop: 1,000 valid orders in 7 MB, whose texts take long to clean."""
    item = {"name": "<" * 199 + "x"}
    orders = []
    for number in range(1_000):
        order = order_of("+38344799003", not_before="2099-01-01T00:00:00Z")
        orders.append({**order, "order": {"id": f"BULK-{number}", "items": [item] * 30}})
    body = json.dumps({"items": orders}).encode()
    headers = {"Content-Type": "application/json"}

    async def hold() -> None:
        async with attacker.client(key=OTHER_KEY, timeout=60) as client:
            while True:
                await attacker.send(client, "POST", "/v1/confirmations/bulk", content=body, headers=headers)
                await asyncio.sleep(0)

    await keep_open(3, hold)


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

        await each(0.1, act)


# --- strangers who take places


async def slow_requests(attacker: Attacker) -> None:
    """300 connections, half at the gateway and half at the webhook service: a byte of a header, or of a body, a second."""
    sides = itertools.cycle((attacker.rig.gateway, attacker.rig.webhook))

    async def hold() -> None:
        async with connection(next(sides)) as (reader, writer):
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
    await keep_open(300, hold)


# --- 5., 6. telephones


async def calls_from_one_number(attacker: Attacker) -> None:
    """Four inbound calls a second from one spoofed number that has an open order: Twilio signs them."""
    async with attacker.client(key=OTHER_KEY) as client:
        await client.post("/v1/confirmations", json=CALLERS_ORDER)
    async with httpx.AsyncClient(base_url=attacker.rig.twilio_url, timeout=GIVE_UP_S, verify=PLAIN) as twilio:
        steps = [{"pause": 2}, {"press": "2111"}, {"pause": 3}, {"press": "2"}, "stay"]
        person = {"answer": {"steps": steps, "amd": {"verdict": "none"}}}
        wanted = {"from": CALLER, "to": attacker.rig.shop_number, "person": person}
        await each(0.25, lambda _number: attacker.send(twilio, "POST", "/simulator/inbound-calls", json=wanted), at_once=80)


async def orders_to_one_number(attacker: Attacker) -> None:
    """Two orders a second to one phone, by another shop."""
    async with attacker.client(key=OTHER_KEY) as client:

        async def act(number: int) -> None:
            body = {**order_of(FLOODED_PHONE), "company": "Gjirafa"}
            body["order"] = {"id": f"FLOOD-{number}"}
            await attacker.send(client, "POST", "/v1/confirmations", json=body)

        await each(0.5, act)


# --- 7. neighbours


async def all_event_streams(attacker: Attacker) -> None:
    """600 event streams with one test key."""
    request = f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TEST_KEY}\r\n\r\n".encode()

    async def hold() -> None:
        async with connection(attacker.rig.gateway) as (reader, writer):
            writer.write(request)
            line = await reader.readline()
            attacker.answers[line.decode("latin-1").split(" ")[1] if line else "closed"] += 1
            async with asyncio.timeout(60):
                while await reader.read(4096):
                    pass

    await keep_open(600, hold)


async def wrong_keys(attacker: Attacker) -> None:
    """100 a second with keys that do not exist."""
    async with attacker.client() as client:
        await each(
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

    await keep_open(20, hold)


async def signed_forms_of_many_names(attacker: Attacker) -> None:
    """Ten a second: the largest form that is read, signed by Twilio itself, with 200 names."""
    fields = {f"Field{number}": "x" for number in range(200)}
    path = "/twilio/incoming-status"
    signature = RequestValidator(attacker.rig.auth_token).compute_signature(f"{attacker.rig.api_url}{path}", fields)
    async with attacker.client() as client:
        await each(0.1, lambda _number: attacker.send(client, "POST", path, data=fields, headers={"X-Twilio-Signature": signature}))


ATTACKS: Mapping[str, Attack] = {
    attack.__name__: attack
    for attack in (
        nothing,
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
        great_bulks,
    )
}


def described(attack: Attack) -> str:
    """Return the attack's first line, as the table shows it."""
    return (attack.__doc__ or "").strip().partition("\n")[0]


def answers_line(answers: Counter[str]) -> str:
    """Return the answers by how often they came, `{"403": 12}`."""
    return json.dumps(dict(answers.most_common(5)))
