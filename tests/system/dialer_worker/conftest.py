"""A worker's jobs on a real Redis, with a fake of Twilio's REST API in the same process."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from services.dialer_worker.calls.confirmation_job import ConfirmationJob
from services.dialer_worker.crash_guard import CrashGuard
from services.dialer_worker.process.job_runner import make_confirmation_job
from services.dialer_worker.settings import Settings
from services.dialer_worker.worker_counts import CountKind, WorkerCount
from shared.core.confirmation import Confirmation
from shared.core.lifecycle.facts import AttemptBegun, CallPlaced
from shared.core.order import CallWishes
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import parse_settings
from shared.store import DialGrant, DialWait, Limits, Store, Work, connect
from tests.support.orders import ALWAYS, an_order
from tests.support.sealing import SEALING_KEY
from tests.support.simulators.twilio import TwilioSimulator, running_twilio
from tests.support.valkey import ValkeyServer
from tests.system.dialer_worker.processes import Service, running
from tests.system.dialer_worker.stage import SHORT, Stage
from tools.ports import free_port

FROM = "+38344000001"
ATTEMPT = "att_1"
SETTINGS = {
    "PUBLIC_URL": "https://calls.shop.example",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM_NUMBERS": FROM,
}


@dataclass
class FakeTwilio:
    """The account's calls, newest first, and how the next requests for a call are answered."""

    calls: list[dict[str, str | None]] = field(default_factory=list)
    answers: list[httpx.Response | httpx.HTTPError] = field(default_factory=list)
    placed: list[dict[str, list[str]]] = field(default_factory=list)
    updates: list[tuple[str, str]] = field(default_factory=list)
    is_down: bool = False
    meanwhile: Callable[[], Awaitable[object]] | None = None  # what happens while a call is being placed

    def add(self, sid: str, status: str = "in-progress", *, at: datetime | None = None, to: str = "") -> None:
        created = (at or datetime.now(UTC)).strftime("%a, %d %b %Y %H:%M:%S +0000")
        self.calls.insert(0, {"sid": sid, "status": status, "from": FROM, "to": to, "date_created": created})

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request to the REST API."""
        if self.is_down:
            return httpx.Response(500, json={"code": 20500})
        words, last = parse_qs(request.content.decode()), request.url.path.rsplit("/", 1)[1].removesuffix(".json")
        if last == "Calls" and request.method == "POST":
            return await self._place(words)
        if last == "Calls":
            return httpx.Response(200, json={"calls": self.calls, "next_page_uri": None})
        call = next((call for call in self.calls if call["sid"] == last), None)
        if call is None:
            return httpx.Response(404, json={"code": 20404})
        if request.method == "POST":
            return self._update(call, words["Status"][0])
        return httpx.Response(200, json=call)

    async def _place(self, words: dict[str, list[str]]) -> httpx.Response:
        self.placed.append(words)
        if self.meanwhile is not None:
            await self.meanwhile()
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, httpx.HTTPError):
            raise answer
        if answer is None:
            self.add(f"CA{len(self.placed)}", "queued", to=words["To"][0])
            return httpx.Response(201, json=self.calls[0])
        return answer

    def _update(self, call: dict[str, str | None], status: str) -> httpx.Response:
        self.updates.append((str(call["sid"]), status))
        is_open = call["status"] in {"queued", "ringing"} or (status == "completed" and call["status"] == "in-progress")
        if not is_open:
            return httpx.Response(400, json={"code": 21220})
        call["status"] = status
        return httpx.Response(200, json=call)


@dataclass
class Clock:
    """The dialer's clock: it stands still unless a test replaces `read`."""

    read: Callable[[], float] = lambda: 0.0

    def __call__(self) -> float:
        return self.read()


@dataclass
class Bench:
    """All that a test needs; `counts` is what the job reported."""

    store: Store
    twilio: FakeTwilio
    job: ConfirmationJob
    counts: list[WorkerCount]
    clock: Clock

    async def submit(self, number: int = 1, *, call: CallWishes | None = None) -> Confirmation:
        """Submit an order whose call has been due for an hour."""
        at = await self.store.now() - timedelta(hours=1)
        await self.store.confirmations.submit(an_order(number, at=at, call=call))
        return await self.get(number)

    async def get(self, number: int = 1) -> Confirmation:
        return await self.store.confirmations.get(an_order(number).id)

    async def grant(self, number: int = 1) -> None:
        granted: DialGrant | DialWait | None = None
        for _ in range(100):  # a due time is rounded up to the next millisecond
            granted = await self.store.dialing.due.admit(f"nonce-{number}-{random.random()}")
            if isinstance(granted, DialGrant):
                break
        assert isinstance(granted, DialGrant)
        assert granted.confirmation_id == an_order(number).id

    async def attend(self, number: int = 1, *, work: Work = Work.DIAL) -> Confirmation:
        await self.job.run(an_order(number).id, work)
        return await self.get(number)

    async def dial(self, number: int = 1, *, call: CallWishes | None = None) -> Confirmation:
        """Submit an order, grant it a call, and run its job."""
        await self.submit(number, call=call)
        await self.grant(number)
        return await self.attend(number)

    async def begin(self, number: int = 1, *, ago_s: float, call_sid: str | None = None) -> Confirmation:
        """Submit an order and begin an attempt `ago_s` seconds ago; `call_sid` None leaves its placing unclear."""
        await self.submit(number)
        attempt_id = f"att_{number}"
        past = timedelta(seconds=ago_s)
        await self.store.confirmations.apply(an_order(number).id, lambda now: AttemptBegun(now - past, attempt_id, FROM))
        if call_sid is not None:
            await self.store.confirmations.apply(an_order(number).id, lambda now: CallPlaced(now - past, attempt_id, call_sid))
        return await self.get(number)

    def counted(self, kind: CountKind) -> list[str]:
        return [count.label for count in self.counts if count.kind is kind]


@pytest.fixture(scope="module")
def twilio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwilioSimulator]:
    """One simulator for a test file; `stage` empties it."""
    with running_twilio(tmp_path_factory.mktemp("twilio")) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def webhook(valkey_server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One webhook service for a test file: it receives Twilio's callbacks."""
    port = free_port()
    settings = {**SHORT, "REDIS_URL": valkey_server.url, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
    folder = tmp_path_factory.mktemp("webhook")
    with running("services.webhook", settings, bind="WEBHOOK_BIND", folder=folder, port=port) as service:
        yield service


@pytest.fixture
async def stage(valkey_url: str, twilio: TwilioSimulator, webhook: Service, tmp_path: Path) -> AsyncIterator[Stage]:
    """Empty Valkey and simulator, and the settings of a dialer that uses them."""
    twilio.reset()
    twilio.faults()
    settings = {**SHORT, "REDIS_URL": valkey_url, "PUBLIC_URL": webhook.origin, "TWILIO_API_URL": twilio.origin}
    store = connect(valkey_url, dial_policy_from(parse_settings(Settings, settings)))
    yield Stage(store, twilio, settings, tmp_path)
    await store.close()


@pytest.fixture
async def bench(valkey_url: str) -> AsyncIterator[Bench]:
    settings = parse_settings(Settings, SETTINGS)
    policy = replace(ALWAYS, country_of=lambda _: "XK")
    store = connect(valkey_url, policy, Limits(calls_per_second=1000, max_concurrent_calls=10, probe_every_s=0.05))
    twilio, counts, clock = FakeTwilio(), list[WorkerCount](), Clock()
    client = httpx.AsyncClient(transport=httpx.MockTransport(twilio.answer), base_url=settings.twilio_api_url)
    job = make_confirmation_job(
        store,
        client,
        settings=settings,
        policy=policy,
        crash_guard=CrashGuard(store.dialing.crash_counts),
        report_count=counts.append,
        clock=clock,
        rng=random.Random(7),
    )
    yield Bench(store, twilio, job, counts, clock)
    await client.aclose()
    await store.close()
