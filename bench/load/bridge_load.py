"""The load on one bridge: its simulated callers, its simulated speech model, and the clock of both."""

import asyncio
import time
from collections.abc import Callable, Sequence
from ssl import SSLContext
from typing import Any

from bench.load.frame_clock import FrameClock
from bench.load.intervals import CounterReading, MeasuredInterval, cpu_use
from bench.load.simulated_caller import CallerFleet, SimulatedCaller, Ticket
from bench.load.simulated_model import ModelFleet, SimulatedModel
from bench.report.counters import cpu_ns, rss_kb, stolen_ticks
from bench.report.latency import Delays, quantiles

_DRAIN_S = 0.1
_MOST_DRAINS = 10  # frames that the host delayed arrive late; lost ones never arrive
_UNREAD = 3
_WARM_UP_S = 0.2
_PAUSE_S = 0.02  # before and after an interval: for delayed frames, and because the host's count is updated a tick late
_SHORT_CALL_S = 0.3
_HEARD_LIMIT_S = 6.0  # enough for a busy machine
_BURST = 100  # frames of a flood every 20 ms: 5,000 a second; Twilio sends a few
_FILLING = 250  # times 40 kB
_FILLING_PAUSE_S = 0.005
_TROUBLE_AFTER_S = 0.5
_MARK = b'{"event":"mark","sequenceNumber":"5","streamSid":"%b","mark":{"name":"m1"}}'
_KEY = b'{"event":"dtmf","streamSid":"%b","dtmf":{"track":"inbound_track","digit":"9"}}'

Measurements = dict[str, Any]  # Any: JSON


class BridgeLoad:
    """Calls through one bridge. Frames are only sent while a command is carried out."""

    def __init__(self, *, think_s: float) -> None:
        self._clock = FrameClock()
        self._model = ModelFleet(self._clock, think_s=think_s)
        self._callers = CallerFleet(self._clock)
        self._url = ""
        self._pids: Sequence[int] = ()
        self._calls = 0
        self._troubles: list[tuple[Callable[[int], None] | None, SimulatedCaller]] = []

    async def serve(self, model_port: int, tls: SSLContext | None) -> None:
        """Listen as the simulated speech model."""
        await self._model.serve(model_port, tls)

    def target(self, url: str, pids: Sequence[int], *, is_chatty: bool, reads_all: bool) -> None:
        """Choose the bridge to load; the model speaks all the time (`is_chatty`), or only if a response is requested.

        Without `reads_all`, three of four frames are counted but not parsed, so the harness can carry more calls.
        """
        self._url, self._pids = url, pids
        self._model.is_chatty = is_chatty
        self._model.unread = self._callers.unread = 0 if reads_all else _UNREAD

    async def ramp(self, tickets: Sequence[Ticket], *, per_s: float, settle_s: float) -> Measurements:
        """Start more calls at this rate, and wait until all of them carry audio."""
        greetings = self._callers.greetings_ns
        greetings.clear()
        self._clock.resume()
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for count, ticket in enumerate(tickets):
                await asyncio.sleep(max(0.0, began + count / per_s - time.monotonic()))
                tasks.create_task(self._begin(ticket))
        await asyncio.sleep(settle_s)
        self._clock.pause()
        self._calls += len(tickets)
        return {"greeting": quantiles(greetings), "rss_kb": rss_kb(self._pids), "calls": self._calls} | self._losses()

    async def measure(self, seconds: float, intervals: int = 1) -> Measurements:
        """Measure for this time, in this number of intervals, while all calls speak; only undisturbed intervals count.

        If all intervals were disturbed, `is_fair` is False and the figures are of all. Missing frames count in both cases.
        """
        model, callers, clock = self._model, self._callers, self._clock
        clock.resume()
        await asyncio.sleep(_WARM_UP_S)
        up, down, late = (Delays(is_recording=True) for _ in range(3))
        model.up, callers.down, clock.late = up, down, late
        taken = await self._intervals(seconds / intervals, intervals)
        clock.pause()
        await self._drain()
        up.is_recording = down.is_recording = late.is_recording = False
        fair = [interval for interval in taken if interval.is_fair(late)]
        told = fair or taken
        spans, processor = [interval.span for interval in told], cpu_use(told)
        return {
            "is_fair": bool(fair),
            "calls": self._calls,
            "cpu_ms": processor.core * 1000 / max(1, self._calls),
            "core": processor.core,
            "up": quantiles(up.within(spans)) | {"missing": up.missing},
            "down": quantiles(down.within(spans)) | {"missing": down.missing},
            "stuck": self._stuck,
            "harness_core": processor.own_core,
            "harness_late": quantiles(late.within(spans)),
            "rss_kb": rss_kb(self._pids),
        } | self._losses()

    async def _intervals(self, seconds: float, count: int) -> list[MeasuredInterval]:
        """Wait for the intervals to pass. Reading the counters delays the harness, so frames sent meanwhile are in no interval."""
        taken, before = list[MeasuredInterval](), self._read()
        for _ in range(count):
            await asyncio.sleep(_PAUSE_S)
            begin = time.monotonic_ns()
            await asyncio.sleep(seconds)
            end = time.monotonic_ns()
            await asyncio.sleep(_PAUSE_S)
            after = self._read()
            taken.append(MeasuredInterval((begin, end), before, after))
            before = after
        return taken

    async def _drain(self) -> None:
        """Wait for the frames that have been sent and have not arrived."""
        for _ in range(_MOST_DRAINS):
            await asyncio.sleep(_DRAIN_S)
            if not self._stuck:
                return

    @property
    def _stuck(self) -> int:
        """Return how many of the frames that callers have sent have not arrived yet."""
        return self._model.missing_at_end(self._callers.last_sent)

    def _read(self) -> CounterReading:
        return CounterReading(stolen_ticks(), time.monotonic_ns(), cpu_ns(self._pids), time.process_time_ns())

    async def turns(self, *, seconds: float, per_s: float) -> Measurements:
        """End the turn of one caller after the other, and measure the time to the answers."""
        self._clock.resume()
        self._callers.turns_ns.clear()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for caller in list(self._callers.callers.values()):
                caller.speak_last()
                await asyncio.sleep(1 / per_s)
        await asyncio.sleep(self._model.think_s + _DRAIN_S)
        self._clock.pause()
        return {"turn": quantiles(self._callers.turns_ns)} | self._losses()

    async def clears(self, *, seconds: float, per_s: float) -> Measurements:
        """Interrupt the agent in one call after the other, alternately by key and by voice, while all calls speak."""
        self._clock.resume()
        begun: dict[str, dict[int, int]] = {"key": {}, "speech": {}}
        took: dict[str, list[int]] = {"key": [], "speech": []}
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            for call, caller in list(self._callers.callers.items()):
                count += 1
                if count % 2:
                    begun["key"][call] = caller.press("9")
                elif (session := self._model.by_call.get(call)) is not None:
                    session.interrupt()
                    begun["speech"][call] = session.speech_told_ns
                await asyncio.sleep(1 / per_s)
                self._note_clears(begun, took)
        await asyncio.sleep(_DRAIN_S)
        self._note_clears(begun, took)
        self._clock.pause()
        unanswered = sum(len(waiting) for waiting in begun.values())
        return {kind: quantiles(times) for kind, times in took.items()} | {"unanswered": unanswered} | self._losses()

    async def short_calls(self, tickets: Sequence[Ticket], *, per_s: float) -> Measurements:
        """Start these calls, press a key in every second one, and hang up."""
        await self.ramp(tickets, per_s=per_s, settle_s=_SHORT_CALL_S)
        self._clock.resume()
        told = self._losses()
        for _ in range(int(_HEARD_LIMIT_S / _SHORT_CALL_S)):
            if not told["unheard"]:
                break
            await asyncio.sleep(_SHORT_CALL_S)
            told = self._losses()
        for caller in list(self._callers.callers.values())[::2]:
            caller.press("1")
        await asyncio.sleep(_SHORT_CALL_S)
        self._clock.pause()
        return told | await self.hang_up()

    async def trouble(self, ticket: Ticket, kind: str, *, is_real: bool) -> Measurements:
        """Start an untimed call that makes this kind of trouble; return whether the bridge admitted it.

        Without `is_real`, the call gives the bridge the same work beforehand, but makes no trouble afterwards.
        """
        await self.ramp([ticket], per_s=100.0, settle_s=_TROUBLE_AFTER_S)
        self._calls -= 1
        self._clock.resume()
        caller, session = self._callers.callers.get(ticket.call), self._model.by_call.get(ticket.call)
        if caller is None or session is None:
            return {"is_in": False}
        act = await _start_trouble(kind, caller, session, is_real=is_real)
        if act is not None:
            self._clock.add(act)
        self._troubles.append((act, caller))
        self._clock.pause()
        return {"is_in": True}

    async def calm(self) -> Measurements:
        """End the calls that made trouble; return how many of them the bridge had already ended."""
        ended = 0
        for act, caller in self._troubles:
            if act is not None:
                self._clock.discard(act)
            ended += caller not in self._callers.callers.values()
            caller.hang_up()
            caller.cut()
        self._troubles.clear()
        await asyncio.sleep(_DRAIN_S)
        return {"ended": ended}

    async def hang_up(self) -> Measurements:
        """End all calls."""
        await self._callers.hang_up()
        self._calls = self._callers.ended_early = 0
        return {"rss_kb": rss_kb(self._pids)}

    async def _begin(self, ticket: Ticket) -> None:
        try:
            await self._callers.connect(self._url, ticket)
        except Exception:  # outermost: a bridge at its limit refuses in many ways; each is a failed call
            self._callers.ended_early += 1

    def _losses(self) -> Measurements:
        """Return how many calls ended early, and how many calls the model never received."""
        return {"ended_early": self._callers.ended_early, "unheard": self._calls - self._model.timed}

    def _note_clears(self, begun: dict[str, dict[int, int]], took: dict[str, list[int]]) -> None:
        for call, at_ns in self._callers.clears:
            for kind, waiting in begun.items():
                if (since := waiting.pop(call, None)) is not None:
                    took[kind].append(at_ns - since)
        self._callers.clears.clear()


async def _start_trouble(
    kind: str, caller: SimulatedCaller, session: SimulatedModel, *, is_real: bool
) -> Callable[[int], None] | None:
    """Start the trouble; return what the call does every 20 ms from now on in addition to speaking, or None."""
    match kind:
        case "deaf model":
            if is_real:
                session.stop_reading()
            await _fill(caller.speak_much)
        case "deaf caller":
            if is_real:
                caller.stop_reading()
            await _fill(session.speak_much)
        case "marks" if is_real:
            return caller.flood(_MARK, _BURST)
        case "keys" if is_real:
            return caller.flood(_KEY, _BURST)
        case _:
            pass
    return None


async def _fill(speak_much: Callable[[], None]) -> None:
    """Send more than the kernel and the bridge buffer for a peer that does not read."""
    for _ in range(_FILLING):
        speak_much()
        await asyncio.sleep(_FILLING_PAUSE_S)
