"""The media bridge as a process between both simulators and a real Valkey, and orders for its calls."""

import asyncio
import itertools
import math
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import AttemptBegun
from shared.core.order import Customer, Item, Money, Order
from shared.store import Created, Store, connect
from shared.twilio.stream_token import issue
from tests.support.orders import ALWAYS, an_order
from tests.support.simulators.openai import KEY, SimulatorProcess
from tests.support.simulators.twilio import SHOP, TOKEN, FarEnd, TwilioSimulator, stream_twiml
from tests.support.valkey import as_user
from tools.plain_http import PLAIN
from tools.ports import free_port
from tools.process_end import end_process

SECRET = "the-secret-that-signs-stream-tokens"


@dataclass(frozen=True, slots=True)
class BridgeProcess:
    """A running bridge."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stream_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/media-stream"

    @property
    def signed(self) -> dict[str, str]:
        """The header with Twilio's signature of a handshake."""
        return {"x-twilio-signature": RequestValidator(TOKEN).compute_signature(self.stream_url, {})}

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.origin + path, timeout=5, verify=PLAIN)

    def metric(self, name: str) -> float:
        """Return a value of /metrics; `name` is written as it stands there, labels included."""
        lines = self.get("/metrics").text.splitlines()
        return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), 0.0)


def environment(*, port: int, redis_url: str, openai_url: str, **more: str) -> dict[str, str]:
    """Return the settings of a bridge between the simulators."""
    return {
        "PATH": os.environ["PATH"],
        "ENV_FILE": "",
        "MEDIA_BRIDGE_BIND": f"127.0.0.1:{port}",
        "MEDIA_BRIDGE_PROCESSES": "1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REDIS_URL": as_user(redis_url, "bridge"),
        "SIGNING_SECRET": SECRET,
        "OPENAI_API_KEY": KEY,
        "OPENAI_REALTIME_URL": openai_url,
        "TWILIO_AUTH_TOKEN": TOKEN,
        **more,
    }


@contextmanager
def running_bridge(folder: Path, *, redis_url: str, openai_url: str, **more: str) -> Iterator[BridgeProcess]:
    """Run the program itself; yield it once it is ready. It must end with exit code 0."""
    port = int(more.get("MEDIA_BRIDGE_BIND", ":0").rpartition(":")[2]) or free_port()
    log = folder / f"bridge-{len(list(folder.glob('bridge-*.log')))}.log"
    with log.open("xb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.media_bridge"],
            env=environment(port=port, redis_url=redis_url, openai_url=openai_url, **more),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    bridge = BridgeProcess(port, process, log)
    try:
        _wait_until_ready(bridge, processes=int(more.get("MEDIA_BRIDGE_PROCESSES", "1")))
        yield bridge
    finally:
        end_process(process, limit_s=10)


def _wait_until_ready(bridge: BridgeProcess, *, processes: int) -> None:
    """Wait until each process serves, and at least one of them is ready."""
    until = time.monotonic() + 30
    while bridge.process.poll() is None and time.monotonic() < until:
        with suppress(httpx.TransportError):
            if bridge.log.read_text().count('"bridge_started"') == processes and bridge.get("/readyz").is_success:
                return
        time.sleep(0.05)
    raise RuntimeError(bridge.log.read_text())


_FIRST_NUMBERS = itertools.count(step=1000)  # the orders of each phone are its own: a call of an earlier test may still be open


@dataclass(slots=True)
class Phone:
    """Places calls through the Twilio simulator as the dialer would."""

    twilio: TwilioSimulator
    openai: SimulatorProcess
    bridge: BridgeProcess
    end: FarEnd
    store: Store
    count: int = field(default_factory=lambda: next(_FIRST_NUMBERS))

    async def call(self, *steps: object, **order: Any) -> "PlacedCall":  # noqa: ANN401 - Any: fields of the confirmation
        """Call a new person, who answers and performs these steps."""
        self.count += 1
        phone = f"+383441{self.count:05}"
        self.twilio.script(phone, {"answer": {"ring_s": 1, "steps": list(steps), "amd": {"verdict": "none"}}})
        return await self.ring(phone, **order)

    def expect_faults(self, *, times: int | None = None, **faults: object) -> None:
        """Give these faults to the model's sessions of the next call, or to the first `times` of them."""
        self.openai.add_rule({"match": f'SHP-{self.count + 1}"', "faults": faults, "times": times})

    async def ring(self, phone: str, **order: Any) -> "PlacedCall":  # noqa: ANN401 - Any: fields of the confirmation
        """Call the number, as the first attempt of a new order."""
        number = int(phone[-5:])
        confirmation = replace(
            an_order(number, at=await self.store.now()),
            order=Order(f"SHP-{number}", Money(Decimal("59.90"), "EUR"), (Item("Kufje me valë"),)),
            customer=Customer(phone, "Arta"),
            **order,
        )
        attempt_id = f"att_{number:026}"
        assert isinstance(await self.store.confirmations.submit(confirmation), Created)

        def begun(at: datetime) -> AttemptBegun:
            return AttemptBegun(at, attempt_id, SHOP)

        assert (await self.store.confirmations.apply(confirmation.id, begun)).is_changed
        after = self.end.say("/after", "<Response><Hangup/></Response>")
        token = issue(SECRET, confirmation.id, attempt_id)
        twiml = stream_twiml(self.bridge.stream_url, action=after, token=token)
        placed = await asyncio.to_thread(self.twilio.create, To=phone, Twiml=twiml)
        return PlacedCall(self, confirmation.id, attempt_id, placed["sid"], token)


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call in progress."""

    phone: Phone
    confirmation_id: str
    attempt_id: str
    sid: str
    token: str

    async def ended(self, *, limit_s: float = 40) -> dict[str, Any]:  # Any: JSON
        """Return Twilio's ledger of the call once it has ended."""
        return await self.phone.twilio.ended(self.sid, limit_s=limit_s)

    async def record(self) -> Confirmation:
        return await self.phone.store.confirmations.get(self.confirmation_id)

    def sessions(self) -> list[dict[str, Any]]:  # Any: JSON
        """Return the OpenAI simulator's ledger of the sessions that got this order's instructions, in the order of their speech.

        They may have been opened in another order, because several sessions at a time are opened in advance of calls.
        """
        own = f'SHP-{int(self.confirmation_id[-5:])}"'
        told = [session for session in self.phone.openai.sessions() if own in session["instructions"]]
        return sorted(told, key=lambda session: min((one["created_ms"] for one in session["responses"]), default=math.inf))

    async def words(self) -> Sequence[tuple[str, str, bool]]:
        """Return the transcript: speaker, text, whether it was interrupted."""
        turns = await self.phone.store.transcripts.get(self.confirmation_id)
        return [(turn.speaker.value, turn.text, turn.interrupted) for turn in turns]


@asynccontextmanager
async def open_store(redis_url: str) -> AsyncIterator[Store]:
    store = connect(redis_url, ALWAYS)
    try:
        yield store
    finally:
        await store.close()
