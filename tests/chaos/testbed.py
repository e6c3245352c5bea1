"""The testbed of a run: Valkey, the webhook service and dialers, as processes that may be killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from time import monotonic

from redis import Redis

from services.dialer_worker.settings import Settings
from shared.core.confirmation import Confirmation
from shared.core.errors import StoreUnavailableError
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import parse_settings
from shared.store import Store, connect
from shared.store.redis.connection import translated
from tests.chaos.invariants import QUEUE
from tests.chaos.twilio.fake_twilio import ACCOUNT, TOKEN, FakeTwilio
from tests.support.orders import an_order, with_phone
from tests.support.sealing import SEALING_KEY
from tests.support.valkey import ValkeyServer, start_valkey
from tests.system.dialer_worker.processes import launch, running
from tools.ports import free_port

BASE = {
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_FROM_NUMBERS": "+38344000001,+38344000002",
    "API_KEYS": "shopaz:the-key-of-shopaz",
    "CALL_WINDOW": "00:00-24:00",
    "CALL_DAYS": "mon-sun",
    "CALL_HOLIDAYS": "on",
    "RETRY_DELAYS": "busy:1,no_answer:1,failed:1,undecided:1,error:1",
    "MAX_ATTEMPTS": "2",
    "CALLS_PER_SECOND": "100",
    "SPEND_LIMIT_USD": "off",  # the long runs hold more calls than a shop may pay for in a day
    "MAX_CONCURRENT_CALLS": "200",
    "RECONCILE_AFTER_S": "1.5",
    "HANGUP_GRACE_S": "1",
    "RING_TIMEOUT_S": "5",
    "CALL_TIME_LIMIT_S": "1",
    "LOG_LEVEL": "info",
}
# Simulates a slow disk: the server sleeps before each write to its file.
_MAY_SLEEP = "--enable-debug-command local"


@dataclass(slots=True)
class ChaosTestbed:
    """Running processes. `dialers` are the parents of their trees."""

    folder: Path
    settings: dict[str, str]
    twilio: FakeTwilio
    valkey: ValkeyServer
    store: Store
    fsync_ms: float
    dialers: list[Popen[bytes]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # the ids of all orders
    origins: dict[int, str] = field(default_factory=dict)  # the dialers' addresses, by the process ids of their parents
    starts: int = 0
    orders_per_phone: int = 1  # a customer with several orders is called about one of them at a time

    async def start_dialer(self, module: str = "services.dialer_worker", **more: str) -> Popen[bytes]:
        """Start another tree of processes."""
        self.starts += 1
        bind = f"127.0.0.1:{free_port()}"
        settings = {**self.settings, "DIALER_BIND": bind, **more}
        dialer = await asyncio.to_thread(launch, module, settings, self.folder / f"dialer-{self.starts}.log")
        self.dialers.append(dialer)
        self.origins[dialer.pid] = f"http://{bind}"
        return dialer

    async def kill_dialer(self, dialer: Popen[bytes]) -> None:
        """Kill the parent of a tree, and wait until it is gone."""
        self.dialers.remove(dialer)
        dialer.kill()
        await asyncio.to_thread(dialer.wait)

    async def restart_valkey(self, *, away_s: float) -> None:
        """Kill the server under load, and start it again on the same files."""
        self.valkey.process.kill()
        await asyncio.to_thread(self.valkey.process.wait)
        await asyncio.sleep(away_s)
        self.valkey = await asyncio.to_thread(_open_valkey, self.folder, self.valkey.port, self.fsync_ms)

    def children(self, dialer: Popen[bytes]) -> list[int]:
        """Return the ids of a tree's processes, the front first; empty if the parent is dead."""
        with suppress(OSError):
            return [int(word) for word in Path(f"/proc/{dialer.pid}/task/{dialer.pid}/children").read_text().split()]
        return []

    async def new_orders(self, count: int) -> list[Confirmation]:
        """Return that many new orders, due now and not yet submitted."""
        at, first, each = await self.store.now(), len(self.ids) + 1, self.orders_per_phone
        numbers = range(first, first + count)
        orders = [with_phone(an_order(number, at=at), a_phone((number - 1) // each * each + 1)) for number in numbers]
        self.ids += [order.id for order in orders]
        return orders

    async def submit(self, orders: Sequence[Confirmation]) -> None:
        """Submit the orders."""
        for first in range(0, len(orders), 50):
            await self.store.confirmations.submit_many(orders[first : first + 50])

    async def wait_until_finished(self, *, limit_s: float) -> None:
        """Wait until every order is finished and no job waits for a worker, but no longer than `limit_s`."""
        until, left, jobs = monotonic() + limit_s, set(self.ids), 1
        while (left or jobs) and monotonic() < until:
            await asyncio.sleep(0.3)
            with suppress(StoreUnavailableError):
                left -= {order.id for order in await self.store.lookups.get_many(tuple(left)) if order.is_finished}
                async with translated():
                    jobs = await self.store.client.llen(QUEUE)

    @staticmethod
    def order_of(phone: str) -> str:
        """Return the id of the customer's first order."""
        return an_order(int(phone[-6:])).id

    async def end_dialers(self) -> None:
        """End all trees of processes at once."""
        await asyncio.to_thread(_end, self.dialers)
        self.dialers.clear()

    def logs(self) -> str:
        """Return the dialers' logs."""
        return "".join(path.read_text("utf-8") for path in sorted(self.folder.glob("dialer-*.log")))


def a_phone(number: int) -> str:
    """Return the customer's number for an order."""
    return f"+38344{number:06}"


@asynccontextmanager
async def running_testbed(
    folder: Path, twilio: FakeTwilio, *, fsync_ms: float = 0.0, settings: Mapping[str, str] | None = None
) -> AsyncIterator[ChaosTestbed]:
    """Run Valkey and the webhook service, and end all processes on leaving; `fsync_ms` makes the disk slow."""
    valkey, port = await asyncio.to_thread(_open_valkey, folder, free_port(), fsync_ms), free_port()
    places = {"REDIS_URL": valkey.url, "PUBLIC_URL": f"http://127.0.0.1:{port}", "TWILIO_API_URL": twilio.origin}
    all_settings = {**BASE, **places, **(settings or {})}
    testbed = ChaosTestbed(folder, all_settings, twilio, valkey, _store(all_settings), fsync_ms)
    webhook = running("services.webhook", all_settings, bind="WEBHOOK_BIND", folder=folder, port=port)
    try:
        await asyncio.to_thread(webhook.__enter__)
        try:
            yield testbed
        finally:
            await testbed.end_dialers()
            await asyncio.to_thread(webhook.__exit__, None, None, None)
    finally:
        await testbed.store.close()
        testbed.valkey.process.kill()
        testbed.valkey.process.wait()


def _open_valkey(folder: Path, port: int, fsync_ms: float) -> ValkeyServer:
    server = start_valkey(folder, port=port, more=_MAY_SLEEP)
    if fsync_ms:
        with Redis.from_url(server.url) as client:
            client.execute_command("DEBUG", "AOF-FLUSH-SLEEP", str(int(fsync_ms * 1000)))
    return server


def _store(settings: dict[str, str]) -> Store:
    made = parse_settings(Settings, settings)
    return connect(settings["REDIS_URL"], dial_policy_from(made), encryption_keys=made.encryption_keys)


def _end(dialers: list[Popen[bytes]]) -> None:
    for _ in range(2):  # the second signal ends a process without waiting
        for dialer in dialers:
            if dialer.poll() is None:
                os.kill(dialer.pid, signal.SIGTERM)
    for dialer in dialers:
        dialer.wait(15)
