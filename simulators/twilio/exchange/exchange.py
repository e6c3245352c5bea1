"""The exchange: all calls of the account, their queue with its rate, and the scripts of the customers."""

import asyncio
import sys
import time
import traceback
from collections import Counter, deque
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager

import httpx

from simulators.customer_script.script import Answer, Attempt, CustomerScript, NoAnswer
from simulators.twilio.call.call import Call, End, Status
from simulators.twilio.call.callbacks import Callbacks
from simulators.twilio.call.request import CallRequest, CallUpdate, Script, Webhook
from simulators.twilio.call.webhooks import Webhooks
from simulators.twilio.errors import RestError
from simulators.twilio.exchange.dialing import dial, receive
from simulators.twilio.faults import Faults, Kind
from simulators.twilio.ledger import now_ms
from simulators.twilio.options import Options
from simulators.twilio.twiml.context import SimulatorContext
from simulators.twilio.twiml.loader import Documents

ANYONE = "*"
"""The key under which the script for all unknown numbers is stored."""
_NOBODY = CustomerScript(attempts=(NoAnswer(),))
_MAX_CONNECTIONS = 500
_KEEP_MEDIA = 200
"""The number of ended calls whose individual media frames are kept; of older calls only the sums are."""


class Exchange:
    """The account's calls; enter `running` before any call is placed."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.faults = Faults()
        self.scripts: dict[str, CustomerScript] = {}
        self.calls: dict[str, Call] = {}
        self._attempts: Counter[str] = Counter()
        self._queue: asyncio.Queue[Call] = asyncio.Queue()
        self._next_slot = 0.0
        self._with_media: deque[Call] = deque()
        self._background: set[asyncio.Task[None]] = set()
        self._stopping = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Dial the queued calls inside the context; leaving it ends all calls."""
        limits = httpx.Limits(max_connections=_MAX_CONNECTIONS, max_keepalive_connections=100)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client, asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._context = self._make_context(client)
            self.spawn(self._dispatch())
            try:
                yield
            finally:
                self._stopping = True
                for task in self._background:
                    task.cancel()

    # --- requests of REST and of the admin pages

    def place(self, request: CallRequest, raw: dict[str, list[str]]) -> Call:
        """Queue an outbound call."""
        call = self._new(request, raw, direction="outbound-api")
        for code, message in request.warnings:
            call.ledger.warn(code, message)
        ahead = self._queue.qsize() / self.options.calls_per_second
        call.times.queue_time_ms = int(1000 * max(self._next_slot - time.monotonic() + ahead, 0))
        self._queue.put_nowait(call)
        return call

    def place_inbound(self, request: CallRequest, attempt: Attempt | None) -> Call:
        """Let a person call one of the account's numbers; without an attempt, the person's script gives it."""
        call = self._new(request, {}, direction="inbound")
        self.spawn(self._guard(call, self._receive(call, attempt)))
        return call

    def update(self, call: Call, update: CallUpdate) -> None:
        """Carry out an update.

        Raises:
            RestError: 21220, the call's state does not allow it.
        """
        if call.is_final:
            raise RestError(21220)
        if update.script is not None:
            if call.status is not Status.IN_PROGRESS:
                raise RestError(21220)
            call.orders.redirect(update.script)
            return
        if update.status is None:
            return
        if call.status is Status.IN_PROGRESS:
            # Twilio: `canceled` does "not affect calls already in progress"
            if update.status == "completed":
                call.orders.hang_up(End.HUNG_UP_BY_REST)
            return
        if call.status is Status.QUEUED:
            call.finish(Status.CANCELED, End.CANCELED)
        call.orders.hang_up(End.CANCELED)

    def visible(self) -> Iterator[Call]:
        """Yield the calls that the list and the resource show by now, newest first."""
        now = now_ms()
        return (call for call in reversed(self.calls.values()) if call.times.visible_ms <= now)

    def find(self, sid: str) -> Call:
        """Return the call.

        Raises:
            RestError: 20404, there is no such call, or it is not shown yet.
        """
        call = self.calls.get(sid)
        if call is None or call.times.visible_ms > now_ms():
            raise RestError(20404, f"call {sid}")
        return call

    def script_of(self, phone: str) -> CustomerScript:
        """Return the script of the person with that number."""
        return self.scripts.get(phone) or self.scripts.get(ANYONE) or _NOBODY

    def reset(self) -> None:
        """End all calls and forget calls, people and faults."""
        for call in self.calls.values():
            if call.status is Status.QUEUED:
                call.finish(Status.CANCELED, End.SIMULATOR_STOPPED)
            call.orders.hang_up(End.SIMULATOR_STOPPED)
        self.calls.clear()
        self.scripts.clear()
        self._attempts.clear()
        self._with_media.clear()
        self.faults = Faults()
        self._next_slot = 0.0

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine that may outlive its caller; it ends with the simulator."""
        if self._stopping:
            work.close()
            return
        task = self._tasks.create_task(_outermost(work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- how calls run

    async def _dispatch(self) -> None:
        """Take calls from the queue, evenly, at the account's rate."""
        while True:
            call = await self._queue.get()
            await asyncio.sleep(max(self._next_slot - time.monotonic(), 0))
            if call.is_final:
                continue
            self._next_slot = max(self._next_slot, time.monotonic()) + 1 / self.options.calls_per_second
            self.spawn(self._guard(call, self._dial(call)))

    async def _dial(self, call: Call) -> None:
        script, attempt = self._next_attempt(call)
        await dial(call, attempt, self._context, language=script.language)

    async def _receive(self, call: Call, attempt: Attempt | None) -> None:
        script = self.scripts.get(call.phone) or CustomerScript(attempts=(Answer(),))
        if attempt is None:
            script, attempt = self._next_attempt(call)
        await receive(call, attempt, self._context, language=script.language)

    def _next_attempt(self, call: Call) -> tuple[CustomerScript, Attempt]:
        self._attempts[call.phone] += 1
        call.attempt = self._attempts[call.phone]
        script = self.script_of(call.phone)
        return script, script.at_attempt(call.attempt)

    async def _guard(self, call: Call, work: Coroutine[object, object, None]) -> None:
        try:
            await work
        finally:
            if not call.is_final:
                call.finish(Status.FAILED, End.SIMULATOR_STOPPED if self._stopping else End.SIMULATOR_ERROR)
            self._with_media.append(call)
            if len(self._with_media) > _KEEP_MEDIA:
                self._with_media.popleft().ledger.forget_media()

    def _new(self, request: CallRequest, raw: dict[str, list[str]], *, direction: str) -> Call:
        call = Call(self.options.account_sid, request, raw, direction)
        call.notify = self._context.callbacks.progress
        lag = self.faults.pick((Kind.LIST_LAG,), phone=call.phone)
        call.times.visible_ms = call.times.created_ms + 1000 * (lag.delay_s if lag else self.options.list_lag_s)
        self.calls[call.sid] = call
        self._forget_old()
        return call

    def _forget_old(self) -> None:
        while len(self.calls) > self.options.keep_calls:
            oldest = next(iter(self.calls))
            if not self.calls[oldest].is_final:
                return
            del self.calls[oldest]

    def _make_context(self, client: httpx.AsyncClient) -> SimulatorContext:
        webhooks = Webhooks(self.options.auth_token, client)

        def faults() -> Faults:
            return self.faults

        callbacks = Callbacks(webhooks, spawn=self.spawn, faults=faults)
        return SimulatorContext(self.options, webhooks, Documents(webhooks), callbacks, faults, self.spawn)


def inbound_request(to: str, from_: str, *, voice_url: str, status_callback: str) -> CallRequest:
    """Return an inbound call as a request: the number's voice webhook and, if set, its status callback."""
    return CallRequest(
        to=to,
        from_=from_,
        script=Script(None, Webhook(voice_url, "POST"), None),
        status_callback=Webhook(status_callback, "POST") if status_callback else None,
        events=frozenset({"completed"}),
        timeout_s=60,
        time_limit_s=None,
        detection=None,
        warnings=(),
    )


async def _outermost(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception:  # outermost: a failure in one call is printed, and must not end the simulator
        traceback.print_exc(file=sys.stderr)
