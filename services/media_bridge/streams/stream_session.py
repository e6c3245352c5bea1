"""Serves a media stream: waits for its start, checks its token, and runs the call about each order that it concerns."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Protocol

import structlog

from services.media_bridge.call.call import Call, CallDependencies, CallEnd
from services.media_bridge.call.call_report import report_call
from services.media_bridge.call.call_script import CallScriptWriter, OrderInCall
from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.call.model_session import SessionSettings
from services.media_bridge.call_record.confirmation_changes import ConfirmationChanges
from services.media_bridge.call_record.fact_writer import CallIds, Confirmations, FactWriter, Transcripts
from services.media_bridge.openai.pricing import Prices
from services.media_bridge.recordings.recorder import Recording
from services.media_bridge.streams.admission import Admitted, Place, Rejected, StreamAdmission
from services.media_bridge.streams.other_open_orders import OtherOpenOrders
from services.media_bridge.streams.pending_stream import PendingStream
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.outgoing_stream import OutgoingStream
from services.media_bridge.twilio.stream_wire import CallerEvent
from services.media_bridge.websocket import INTERNAL, POLICY
from shared.core.confirmation import Confirmation
from shared.core.conversation.events import CallerLegEnded
from shared.core.errors import NotFoundError

log = structlog.get_logger()

_LAST_FRAMES_S = 0.25  # Twilio's callback about a call's end may be faster than the last frames of its stream


class ConfirmationWatch(Protocol):
    """A confirmation as it changes."""

    async def changed(self) -> Confirmation:
        """Return it, at first at once, then after each change.

        Raises:
            NotFoundError: It was erased.
        """
        ...


class ConfirmationWatches(Protocol):
    """The store's watches, as the bridge needs them."""

    def watch(self, confirmation_id: str, attempt_id: str, /) -> AbstractAsyncContextManager[ConfirmationWatch]:
        """Watch a confirmation for the time of one call."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeDependencies:
    """What all calls of a process share.

    `run_in_background` runs a task that may outlive its call. `prices` is None if the model's are not known, `record_folder`
    if no call is recorded.
    """

    admission: StreamAdmission
    confirmations: Confirmations
    transcripts: Transcripts
    confirmation_watches: ConfirmationWatches
    other_open_orders: OtherOpenOrders
    scripts: CallScriptWriter
    sessions: SessionSettings
    prices: Prices | None
    record_folder: Path | None
    run_in_background: Callable[[Coroutine[None, None, None]], object]
    wall_clock: Callable[[], datetime]
    start_limit_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A caller who was let in: both directions of the stream."""

    leg: CallerLeg
    outgoing: OutgoingStream


async def receive_stream(dependencies: BridgeDependencies, leg: CallerLeg, pending: PendingStream, place: Place) -> None:
    """Serve one connection from its handshake to its end."""
    try:
        async with asyncio.timeout(dependencies.start_limit_s):
            start = await pending.started
    except TimeoutError:
        await _reject(dependencies, leg, Rejected("no_start"))
        return
    if start is None:
        await _reject(dependencies, leg, Rejected("closed_before_start"))
        return
    answer = await dependencies.admission.admit(start, place)
    if isinstance(answer, Rejected):
        await _reject(dependencies, leg, answer, call_sid=start.call_sid)
        return
    line = _Line(leg=leg, outgoing=leg.open_stream(start.stream_sid))
    try:
        await _run_calls(dependencies, line, pending.early, answer)
    finally:
        await leg.close(INTERNAL)


async def _reject(dependencies: BridgeDependencies, leg: CallerLeg, rejected: Rejected, call_sid: str | None = None) -> None:
    dependencies.sessions.metrics.streams.turned_away.labels(reason=rejected.reason).inc()
    log.warning("stream_turned_away", reason=rejected.reason, cause=rejected.fault or None, call_sid=call_sid)
    await leg.close(INTERNAL if rejected.is_our_fault else POLICY)  # a stranger must not learn the reason


async def _run_calls(dependencies: BridgeDependencies, line: _Line, early: Sequence[CallerEvent], first: Admitted) -> None:
    """Run the call, and go on with the customer's other orders if the call is about several."""
    current: Admitted | None = first
    language: str | None = None
    while current is not None:
        confirmation, attempt = current.confirmation, current.attempt
        bound = {"confirmation_id": confirmation.id, "attempt": attempt.number, "call_sid": attempt.call_sid}
        with structlog.contextvars.bound_contextvars(**bound):
            is_last = not await dependencies.other_open_orders.has_more(current)
            order = OrderInCall(is_first=current is first, is_last=is_last, language=language)
            current, language = await _run_call(dependencies, line, current, order, early=early)
        early = ()


async def _run_call(
    dependencies: BridgeDependencies, line: _Line, admitted: Admitted, order: OrderInCall, *, early: Sequence[CallerEvent]
) -> tuple[Admitted | None, str | None]:
    """Run the call about one order; returns the next order for the same line, if any, and the language spoken by then."""
    attempt, leg = admitted.attempt, line.leg
    script = dependencies.scripts.write(admitted.confirmation, attempt, dependencies.wall_clock(), order)
    facts = _fact_writer(dependencies, admitted)
    recording = _recording(dependencies, admitted)
    stats = CallStats(dependencies.sessions.metrics, dependencies.prices, on_line_at=monotonic())
    call = Call(
        attempt,
        script,
        CallDependencies(
            caller=leg,
            outgoing=line.outgoing,
            sessions=dependencies.sessions,
            facts=facts,
            stats=stats,
            recorder=recording,
            watch=lambda changes: _watch(dependencies.confirmation_watches, admitted, changes),
            clock=monotonic,
            wall_clock=dependencies.wall_clock,
        ),
    )
    leg.attach(call)
    dependencies.run_in_background(facts.run())
    end: CallEnd | None = None
    following: Admitted | None = None
    try:
        end = await call.run([*early, CallerLegEnded()] if leg.has_ended else early)  # the end may have come before `attach`
        if end.goes_on and not leg.has_ended:
            following = await dependencies.other_open_orders.begin(admitted)
            if following is None:
                await leg.close()
            else:
                facts.put_call_over(attempt.call_sid or "", int(monotonic() - stats.on_line_at))
        return following, call.language
    finally:
        facts.finish()
        if recording is not None:
            recording.finish()
        report_call(call, leg=leg, stats=stats, end=end)


async def _watch(watches: ConfirmationWatches, admitted: Admitted, changes: ConfirmationChanges) -> None:
    """Report each change of the confirmation, until it is erased or the task cancelled.

    The call's end is reported a moment later: a key that the customer pressed before it may still be on its way in the stream,
    which ends by itself if all is well.
    """
    async with watches.watch(admitted.confirmation.id, admitted.attempt.id) as watch:
        try:
            while True:
                confirmation = await watch.changed()
                if changes.is_call_over(confirmation):
                    await asyncio.sleep(_LAST_FRAMES_S)
                changes.changed(confirmation)
        except NotFoundError:
            changes.erased()


def _fact_writer(dependencies: BridgeDependencies, admitted: Admitted) -> FactWriter:
    ids = CallIds(admitted.confirmation.id, admitted.attempt.id)
    return FactWriter(
        dependencies.confirmations,
        dependencies.transcripts,
        ids,
        clock=monotonic,
        lost_writes=dependencies.sessions.metrics.calls.lost_writes,
    )


def _recording(dependencies: BridgeDependencies, admitted: Admitted) -> Recording | None:
    if dependencies.record_folder is None:
        return None
    recording = Recording(dependencies.record_folder / f"{admitted.confirmation.id}-{admitted.attempt.number}.wav")
    dependencies.run_in_background(_record(recording))
    return recording


async def _record(recording: Recording) -> None:
    """Write a recording; if the disk refuses, the recording is lost and the call goes on."""
    try:
        await recording.run()
    except OSError as error:
        log.error("recording_failed", error=type(error).__name__)  # noqa: TRY400 - the traceback tells no more
    if recording.lost_s:
        log.warning("recording_has_gaps", lost_s=recording.lost_s)
