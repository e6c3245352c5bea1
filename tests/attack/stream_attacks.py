"""Attacks on the media stream's door: handshakes that are broken, sockets that say nothing, messages without an end."""

import asyncio
import base64
import os

from tests.attack.attacker import Attacker, connection, each, keep_open


async def broken_handshakes(attacker: Attacker) -> None:
    """Four a second: 17 KB of headers, 17 KB of query, a broken chunk, another method, each at the media stream."""
    requests = (
        lambda: _upgrade("/media-stream", f"X-Filler: {'x' * 17_000}"),
        lambda: _upgrade(f"/media-stream?{'x' * 17_000}"),
        lambda: b"POST /media-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nbroken\r\n",
        lambda: b"BREW /media-stream HTTP/1.1\r\nHost: x\r\n\r\n",
    )
    await each(0.25, lambda number: attacker.raw(requests[number % len(requests)]()))


async def idle_sockets(attacker: Attacker) -> None:
    """420 media streams that say nothing, opened again whenever one is closed."""

    async def hold() -> None:
        async with connection(attacker.rig.gateway) as (reader, writer):
            writer.write(_upgrade())
            line = await reader.readline()
            attacker.answers[line.decode("latin-1").split(" ")[1] if line else "closed"] += 1
            async with asyncio.timeout(60):
                while await reader.read(4096):
                    pass

    await keep_open(420, hold)


async def great_messages(attacker: Attacker) -> None:
    """150 sockets, each with an unfinished message of 15 MB in fragments, before any token."""
    block = bytes(256 * 1024)

    async def hold() -> None:
        async with connection(attacker.rig.bridge) as (reader, writer):
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

    await keep_open(150, counted)


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
