"""Receives a media stream: waits for its start, checks its token, prepares the words, runs the call, and logs its one line."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import structlog

from services.media_bridge.call.admission import Admitted, Door, Turned
from services.media_bridge.call.call import Call, CallEnd, CallTools
from services.media_bridge.call.call_script import Place, PromptBook
from services.media_bridge.call.call_stats import Figures
from services.media_bridge.call.fact_writer import CallName, RecordKeeper, Records, Transcripts
from services.media_bridge.call.model_session import ModelLink, Sessions
from services.media_bridge.call.next_order import NextOrders
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import Prices
from services.media_bridge.recordings.recorder import Recording
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.stream_wire import Fact, StreamStarted
from services.media_bridge.websocket import INTERNAL, POLICY
from shared.core.confirmation import Confirmation
from shared.core.conversation.events import CallerLegEnded
from shared.core.errors import NotFoundError

log = structlog.get_logger()

_MOST_EARLY_FACTS = 32


class Watch(Protocol):
    """A confirmation as it changes."""

    async def changed(self) -> Confirmation:
        """Return it, at first at once, then after each change.

        Raises:
            NotFoundError: It was erased.
        """
        ...


class Watches(Protocol):
    """The store's watches, as the bridge needs them."""

    def watch(self, confirmation_id: str, attempt_id: str, /) -> AbstractAsyncContextManager[Watch]:
        """Watch a confirmation for the time of one call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What all calls of a process share. `background` keeps a task that may outlive its call."""

    door: Door
    records: Records
    transcripts: Transcripts
    watches: Watches
    next_orders: NextOrders
    prompts: PromptBook
    sessions: Sessions
    voice: str
    prices: Prices | None
    record_folder: Path | None
    metrics: BridgeMetrics
    background: Callable[[Coroutine[Any, Any, None]], object]
    wall_clock: Callable[[], datetime]
    start_limit_s: float = 5.0


class Lobby:
    """Takes what a stream tells before its call begins; its sound is not kept."""

    def __init__(self) -> None:
        self.started: asyncio.Future[StreamStarted | None] = asyncio.get_running_loop().create_future()
        self.early: list[Fact] = []

    def caller_told(self, fact: Fact) -> None:
        """Take the start, keep keys, and note the end (leg)."""
        if isinstance(fact, StreamStarted) and not self.started.done():
            self.started.set_result(fact)
        elif isinstance(fact, CallerLegEnded) and not self.started.done():
            self.started.set_result(None)
        elif len(self.early) < _MOST_EARLY_FACTS:
            self.early.append(fact)


async def receive_stream(desk: Desk, leg: CallerLeg, lobby: Lobby) -> None:
    """Serve one connection from its handshake to its end."""
    try:
        async with asyncio.timeout(desk.start_limit_s):
            start = await lobby.started
    except TimeoutError:
        await _turn_away(desk, leg, Turned("no_start"))
        return
    if start is None:
        await _turn_away(desk, leg, Turned("closed_before_start"))
        return
    answer = await desk.door.admit(start)
    if isinstance(answer, Turned):
        await _turn_away(desk, leg, answer, call_sid=start.call_sid)
        return
    leg.open_stream(start.stream_sid)
    try:
        await _talk_about_all(desk, leg, lobby.early, answer)
    finally:
        await leg.close(INTERNAL)


async def _turn_away(desk: Desk, leg: CallerLeg, turned: Turned, call_sid: str | None = None) -> None:
    desk.metrics.turned_away.labels(reason=turned.reason).inc()
    log.warning("stream_turned_away", reason=turned.reason, cause=turned.fault or None, call_sid=call_sid)
    await leg.close(INTERNAL if turned.is_our_fault else POLICY)  # why is nobody's business but ours


async def _talk_about_all(desk: Desk, leg: CallerLeg, early: Sequence[Fact], first: Admitted) -> None:
    """Run the call, and go on with the customer's other orders, if it is one that goes on."""
    current: Admitted | None = first
    language: str | None = None
    while current is not None:
        confirmation, attempt = current.confirmation, current.attempt
        bound = {"confirmation_id": confirmation.id, "attempt": attempt.number, "call_sid": attempt.call_sid}
        with structlog.contextvars.bound_contextvars(**bound):
            is_last = not await desk.next_orders.has_more(current)
            place = Place(is_first=current is first, is_last=is_last, language=language)
            current, language = await _run_call(desk, leg, current, place, early=early)
        early = ()


async def _run_call(
    desk: Desk, leg: CallerLeg, admitted: Admitted, place: Place, *, early: Sequence[Fact]
) -> tuple[Admitted | None, str | None]:
    """Run the call about one order; returns the next one to be spoken about on the same line, and the language spoken there."""
    confirmation, attempt = admitted.confirmation, admitted.attempt
    script = desk.prompts.write(confirmation, attempt, desk.wall_clock(), place)
    keeper = RecordKeeper(desk.records, desk.transcripts, CallName(confirmation.id, attempt.id), clock=monotonic)
    recording = _recording(desk, admitted)
    figures = Figures(desk.metrics, desk.prices, on_line_at=monotonic())
    link = ModelLink(desk.sessions, script, voice=desk.voice, metrics=desk.metrics)

    async def watch(call: Call) -> None:
        async with desk.watches.watch(confirmation.id, attempt.id) as watched:
            await _follow(watched, call)

    tools = CallTools(
        caller=leg,
        link=link,
        keeper=keeper,
        figures=figures,
        recorder=recording,
        watch=watch,
        clock=monotonic,
        wall_clock=desk.wall_clock,
    )
    call = Call(attempt, script, tools)
    leg.attach(call)
    desk.background(keeper.run())
    end: CallEnd | None = None
    following: Admitted | None = None
    try:
        end = await call.run([*early, CallerLegEnded()] if leg.has_ended else early)  # nobody may have heard who hung up
        if end.goes_on and not leg.has_ended:
            following = await desk.next_orders.begin(admitted)
            if following is None:
                await leg.close()
            else:
                keeper.put_call_over(attempt.call_sid or "", int(monotonic() - figures.on_line_at))
        return following, call.script.language
    finally:
        keeper.finish()
        if recording is not None:
            recording.finish()
        _count(desk.metrics, call, leg=leg, link=link, figures=figures, end=end)


async def _follow(watch: Watch, call: Call) -> None:
    """Tell the call of each change of its record, until it is cancelled."""
    try:
        while True:
            call.record_changed(await watch.changed())
    except NotFoundError:
        call.record_erased()


def _recording(desk: Desk, admitted: Admitted) -> Recording | None:
    if desk.record_folder is None:
        return None
    recording = Recording(desk.record_folder / f"{admitted.confirmation.id}-{admitted.attempt.number}.wav")
    desk.background(_record(recording))
    return recording


async def _record(recording: Recording) -> None:
    """Write a recording; a disk that refuses costs the recording, never the call."""
    try:
        await recording.run()
    except OSError as error:
        log.error("recording_failed", error=type(error).__name__)  # noqa: TRY400 - the traceback tells no more
    if recording.lost_s:
        log.warning("recording_has_gaps", lost_s=recording.lost_s)


def _count(metrics: BridgeMetrics, call: Call, *, leg: CallerLeg, link: ModelLink, figures: Figures, end: CallEnd | None) -> None:
    """Add the call to the metrics, and write its line."""
    lane, usage = call.lane, figures.usage
    metrics.frames.labels(direction="to_model").inc(lane.from_caller)
    metrics.frames.labels(direction="to_caller").inc(lane.from_model)
    metrics.dropped.labels(direction="to_model").inc(link.dropped)
    if leg.has_ended:
        metrics.dropped.labels(direction="to_caller").inc(leg.dropped)
        metrics.unreadable.labels(peer="twilio").inc(leg.unreadable)
        metrics.ignored.inc(leg.ignored)
    metrics.unreadable.labels(peer="openai").inc(link.unreadable)
    metrics.calls.labels(end=end.reason if end is not None else "failed").inc()
    outcome = figures.verdict.value if figures.verdict is not None else "none"
    metrics.outcomes.labels(outcome=outcome).inc()
    if figures.cost is not None:
        metrics.cost.labels(outcome=outcome).inc(float(figures.cost))
    log.info(
        "call_ended",
        reason=end.reason if end is not None else "failed",
        result=end.conclusion.value if end is not None and end.conclusion is not None else None,
        verdict=figures.verdict.value if figures.verdict is not None else None,
        duration_ms=int((monotonic() - figures.on_line_at) * 1000),
        greeting_ms=figures.greeting_ms,
        turns=figures.turns,
        slowest_turn_ms=figures.slowest_turn_ms,
        barge_ins=figures.barge_ins,
        slowest_clear_ms=figures.slowest_clear_ms,
        model_failures=figures.model_failures,
        frames_in=lane.from_caller,
        frames_out=lane.from_model,
        frames_muted=lane.muted,
        frames_dropped=leg.dropped + link.dropped,
        unreadable=leg.unreadable + link.unreadable,
        keys_ignored=leg.ignored,
        audio_token_count=usage.audio_in + usage.audio_cached + usage.audio_out,
        text_token_count=usage.text_in + usage.text_cached + usage.text_out,
        cost_usd=float(figures.cost) if figures.cost is not None else None,
    )
