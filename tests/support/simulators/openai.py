"""The OpenAI simulator as a process, and a client that checks each of its frames against the official package's types."""

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import websockets
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from simulators.speech import voice
from tools.plain_http import PLAIN

KEY = "sk-simulated"
SERVER_EVENT: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
TOOLS = [
    {"type": "function", "name": "record_outcome", "description": "What the customer decided.", "parameters": {}},
    {"type": "function", "name": "end_call", "description": "Hang up.", "parameters": {}},
]
DETAILS = "Keni porositur kufje me valë."
ASK = "A e konfirmoni porosinë?"
INSTRUCTIONS = f"""You phone a customer about order SHP-1.
[greeting] «Përshëndetje!»
[details] «{DETAILS}»
[ask] «{ASK}»
[read_back_cancel] «A doni vërtet ta anuloni?»
[not_understood] «Më falni, nuk ju kuptova.»
[anything_else] «A dëshironi edhe diçka?»
"""
PCMU = {"type": "audio/pcmu"}
QUICK = {"response_latency_ms": 20, "burst": 60.0, "transcription_delay_ms": 60, "argument_delay_ms": 1}
"""Shorter delays than the real ones, so that tests are quick."""


class SimulatorProcess:
    """A running simulator: its WebSocket URL and its admin API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.admin = url.replace("ws://", "http://").replace("/v1/realtime", "/simulator/")
        self.http = httpx.Client(verify=PLAIN, timeout=10)

    def behave(self, **faults: object) -> None:
        """Set these faults, with short delays, from the next session on."""
        response = self.http.put(f"{self.admin}faults", json={"usual": {**QUICK, **faults}})
        assert response.status_code == 200, response.text

    def add_rule(self, rule: dict[str, Any]) -> None:
        """Add a rule for coming sessions."""
        response = self.http.post(f"{self.admin}faults", json=rule)
        assert response.status_code == 201, response.text

    def sessions(self) -> list[dict[str, Any]]:
        """Return the ledger's sessions."""
        sessions: list[dict[str, Any]] = self.http.get(f"{self.admin}sessions").json()["sessions"]
        return sessions

    def drop(self, session_id: str) -> None:
        """Break that session's connection now."""
        assert self.http.post(f"{self.admin}sessions/{session_id}/drop").status_code == 204

    def reset(self) -> None:
        """Forget all faults, and all sessions that have ended."""
        self.http.delete(self.admin)
        self.behave()

    def until_nobody_is_here(self) -> None:
        """Wait until all sessions have ended, because the clients have left, and forget them."""
        until = time.monotonic() + 5
        while self.sessions():
            assert time.monotonic() < until, "a session of an earlier test does not end"
            self.http.delete(f"{self.admin}sessions")


@contextmanager
def running_simulator() -> Iterator[SimulatorProcess]:
    """Run the simulator as a separate program on a free port."""
    command = [sys.executable, "-m", "simulators.openai_realtime", "--port", "0", "--api-key", KEY, "--profile", "ideal"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        simulator = SimulatorProcess(line.split()[-1])
        with simulator.http:
            yield simulator
        process.terminate()


class Client:
    """A connection; `seen` holds all events received so far."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def send(self, event_type: str, /, **fields: object) -> None:
        """Send an event."""
        await self.socket.send(json.dumps({"type": event_type, **fields}))

    async def next(self) -> dict[str, Any]:
        """Return the next event, which must match the official types unless it is deliberately unknown."""
        async with asyncio.timeout(20):
            event: dict[str, Any] = json.loads(await self.socket.recv())
        if event["type"] != "x.simulator.noise":
            SERVER_EVENT.validate_python(event)
        assert event["event_id"]
        self.seen.append(event)
        return event

    async def until(self, event_type: str) -> dict[str, Any]:
        """Return the next event of that type; the events before it are in `seen`."""
        while (event := await self.next())["type"] != event_type:
            pass
        return event

    async def settle(self) -> None:
        """Read all answers to the events sent so far."""
        await self.send("conversation.item.retrieve", item_id="nobody", event_id="settle")
        while (await self.until("error"))["error"]["event_id"] != "settle":
            pass

    async def update(self, **session: object) -> dict[str, Any]:
        """Update the session and return it."""
        await self.send("session.update", session={"type": "realtime", **session})
        updated: dict[str, Any] = (await self.until("session.updated"))["session"]
        return updated

    async def say_verbatim(self, words: str) -> dict[str, Any]:
        """Make the model speak these words; return the response when it is done."""
        await self.send("response.create", response={"instructions": f"Say exactly this: «{words}»"})
        response: dict[str, Any] = (await self.until("response.done"))["response"]
        return response

    async def hear(self, words: str) -> None:
        """Append a customer's words and the silence after them, all at once."""
        await self.append(voice.SILENCE * 4000 + voice.speak(words, voice="customer") + voice.SILENCE * 4800)

    async def append(self, audio: bytes) -> None:
        """Append audio in frames of 20 ms."""
        for at in range(0, len(audio), 160):
            payload = base64.b64encode(audio[at : at + 160]).decode()
            await self.send("input_audio_buffer.append", audio=payload)

    def types(self) -> list[str]:
        """Return the types of the events seen; consecutive deltas count once."""
        names = [event["type"] for event in self.seen]
        return [name for at, name in enumerate(names) if name not in names[max(0, at - 2) : at]]


def configuration(**more: object) -> dict[str, Any]:
    """Return a session's configuration as a phone bridge requests it."""
    audio = {"input": {"format": PCMU}, "output": {"format": PCMU, "voice": "marin"}}
    return {"instructions": INSTRUCTIONS, "tools": TOOLS, "audio": audio, **more}


@asynccontextmanager
async def connected(url: str, *, key: str = KEY, query: str = "?model=gpt-realtime-2.1") -> AsyncIterator[Client]:
    """Yield a client that has read `session.created`."""
    headers = {"Authorization": f"Bearer {key}"}
    async with websockets.connect(f"{url}{query}", additional_headers=headers, max_size=None, max_queue=None) as socket:
        client = Client(socket)
        await client.until("session.created")
        yield client


@asynccontextmanager
async def in_call(url: str, **more: object) -> AsyncIterator[Client]:
    """Yield a client whose session is configured, with `seen` empty."""
    async with connected(url) as client:
        await client.update(**configuration(**more))
        client.seen.clear()
        yield client
