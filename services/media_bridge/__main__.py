"""Starts the media bridge: reads the environment, wires the parts, serves until SIGTERM, drains, ends with 0."""

import asyncio
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import time

import structlog

from services.media_bridge.call.call_script import CallScriptWriter
from services.media_bridge.call.model_session import SessionSettings
from services.media_bridge.call.prompt_payloads import prompt_payloads
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.connection import ModelAddress, open_session
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.model_circuit import GuardedOpener, GuardedSessions, ModelCircuit
from services.media_bridge.openai.model_probe import ModelProbe
from services.media_bridge.openai.safety_identifier import safety_identifier
from services.media_bridge.openai.warm_pool import WarmPool
from services.media_bridge.process.aggregate_metrics import AggregateMetrics
from services.media_bridge.process.call_tasks import CallTasks
from services.media_bridge.process.open_calls import OpenCalls
from services.media_bridge.process.price_warning import warn_of_unknown_prices
from services.media_bridge.process.server import StreamServer
from services.media_bridge.process.shared_memory import BridgeSharedMemory
from services.media_bridge.recordings.retention import RecordingRetention
from services.media_bridge.settings import BridgeSettings
from services.media_bridge.streams.admission import StreamAdmission
from services.media_bridge.streams.other_open_orders import OtherOpenOrders
from services.media_bridge.streams.stream_session import BridgeDependencies
from services.media_bridge.twilio.signature import SignatureCheck
from services.media_bridge.websocket import ConnectionFailedError
from shared import languages
from shared.core.dialing.dial_policy import DialPolicy
from shared.logs.setup import configure_logging
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.supervisor import Child, Supervisor
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import load_settings
from shared.settings.parsers import Bind
from shared.store import Store, connect

log = structlog.get_logger()

_SERVICE = "media_bridge"
_SESSION_MARGIN_S = 60.0
_PUBLISH_EVERY_S = 1.0
_LAST_WRITES_S = 3.0  # for the writes of calls that were broken off; the supervisor waits longer before it kills its children
_LAST_WORDS_S = 5.0  # the supervisor waits longer than a process for its drain


def main() -> None:
    """Run the service; the process ends with 0 after a drain."""
    settings = load_settings(BridgeSettings)
    configure_logging(settings, service=_SERVICE)
    count = settings.media_bridge_processes if sys.platform != "win32" else 1
    shared_memory = BridgeSharedMemory(count)
    _check_address(settings.media_bridge_bind)
    if count == 1:
        _serve(settings, shared_memory)
        sys.stdout.flush()
        os._exit(0)  # as the supervisor's children end: Python itself would wait for threads that a hung disk blocks
    _read_languages()
    children: list[Child] = []
    supervisor = Supervisor(children, drain_timeout_s=settings.drain_timeout_s + _LAST_WORDS_S, on_change=lambda _: None)
    for number in range(count):
        run = partial(_serve, settings, shared_memory, number=number, life_fd=supervisor.parent_alive_fd)
        children.append(Child(f"bridge-{number}", run, gets_second_sigterm=True))
    sys.exit(supervisor.run())


def _serve(settings: BridgeSettings, shared_memory: BridgeSharedMemory, *, number: int = 0, life_fd: int | None = None) -> None:
    """Run one process of the service, until SIGTERM or until its parent is gone, which `life_fd` shows; None: it has no parent."""
    shared_memory.become(number)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings, shared_memory, is_first=number == 0, life_fd=life_fd))


def _check_address(bind: Bind) -> None:
    """Fail at once if another program listens there: our processes open the port for sharing, and would share it with that one.

    Raises:
        OSError: The address is taken.
    """
    for family, kind, protocol, _, address in socket.getaddrinfo(bind.host, bind.port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.new_event_loop


async def _run(settings: BridgeSettings, shared_memory: BridgeSharedMemory, *, is_first: bool, life_fd: int | None) -> None:
    policy = dial_policy_from(settings)
    store = connect(settings.redis_url.get_secret_value(), policy, public_url=settings.public_url)
    registry = make_registry(_SERVICE)
    metrics = BridgeMetrics(registry)
    aggregate = AggregateMetrics(registry, shared_memory)
    open_calls = OpenCalls(store.dialing.due, shared_memory)
    circuit = ModelCircuit(store.dialing.model_circuit)
    metrics.model.circuit_open.set_function(lambda: circuit.reason is not None)
    health = Health(
        aggregate.registry() if shared_memory.count > 1 else registry,
        checks=(("redis", open_calls.refresh), ("redis_user", store.missing_right), ("model", circuit.refresh)),
    )
    opener = partial(_open_session, _model_address(settings), metrics)
    pool = WarmPool(
        GuardedOpener(opener, circuit),
        ringing=open_calls.ringing,
        most=settings.warm_sessions_max,
        wall_clock=time,
        needed_s=settings.call_time_limit_s + _SESSION_MARGIN_S,
    )
    metrics.model.warm.set_function(lambda: pool.ready)
    sessions = SessionSettings(sessions=GuardedSessions(pool, circuit), audio=settings.audio, metrics=metrics)
    tasks = CallTasks()
    server = StreamServer(
        _dependencies(settings, store, policy, sessions=sessions, tasks=tasks),
        tasks,
        bind=settings.media_bridge_bind,
        health=health,
        metrics=metrics,
        signature=SignatureCheck(
            auth_tokens=settings.twilio_auth_tokens,
            stream_url=settings.stream_url,
            is_required=settings.require_stream_signature,
        ),
        max_streams=settings.max_streams,
        shared_memory=shared_memory,
    )
    _read_languages()
    if is_first:
        warn_of_unknown_prices(settings)
    try:
        parts = [store.notifications.run(), pool.run(), ModelProbe(opener, circuit).run(), server.run()]
        if shared_memory.count > 1:
            parts.append(_publish(aggregate))
        if is_first and settings.record_calls is not None:
            parts.append(_retention(settings.record_calls, store, metrics).run())
        await _run_until_stopped(parts, server, settings.drain_timeout_s, life_fd)
    finally:
        await store.close()


def _dependencies(
    settings: BridgeSettings, store: Store, policy: DialPolicy, *, sessions: SessionSettings, tasks: CallTasks
) -> BridgeDependencies:
    scripts = CallScriptWriter(
        policy=policy,
        default_language=settings.default_language,
        transcription_model=settings.openai_transcription_model,
        is_recorded=settings.record_calls is not None,
        timing=settings.timing,
    )
    secrets, version = settings.signing_secrets, scripts.version
    return BridgeDependencies(
        admission=StreamAdmission(store.confirmations, signing_secrets=secrets, prompt_version=version),
        confirmations=store.confirmations,
        transcripts=store.transcripts,
        confirmation_watches=store.confirmation_watches,
        other_open_orders=OtherOpenOrders(store.confirmations, store.lookups, prompt_version=version),
        scripts=scripts,
        sessions=sessions,
        identify=partial(safety_identifier, secrets[0]),
        prices=settings.prices,
        record_folder=settings.record_calls,
        run_in_background=tasks.run_in_background,
        wall_clock=partial(datetime.now, UTC),
    )


def _retention(folder: Path, store: Store, metrics: BridgeMetrics) -> RecordingRetention:
    erased = metrics.recordings_erased
    return RecordingRetention(folder, identity=store.identity, existing=store.lookups.existing, erased=erased)


def _model_address(settings: BridgeSettings) -> ModelAddress:
    is_tls = settings.openai_realtime_url.startswith("wss://")
    return ModelAddress(
        url=settings.openai_realtime_url,
        model=settings.openai_realtime_model,
        api_key=settings.openai_api_key.get_secret_value(),
        audio=settings.audio,
        ssl_context=ssl.create_default_context() if is_tls else None,
    )


async def _open_session(
    address: ModelAddress, metrics: BridgeMetrics, *, limit_s: float, safety_identifier: str | None
) -> ModelLeg:
    """Open a session with the model, and count the result."""
    try:
        leg = await open_session(address, limit_s=limit_s, safety_identifier=safety_identifier)
    except ConnectionFailedError as error:
        metrics.model.connections.labels(result=error.reason).inc()
        raise
    metrics.model.connections.labels(result="opened").inc()
    return leg


def _read_languages() -> None:
    """Read all words and stored prompts now, so that no call waits for the disk."""
    for language in languages.load_all():
        for key in language.stored:
            prompt_payloads(language.code, key)


async def _publish(aggregate: AggregateMetrics) -> None:
    """Give the other processes our metrics each second."""
    while True:
        aggregate.publish()
        await asyncio.sleep(_PUBLISH_EVERY_S)


async def _run_until_stopped(
    parts: list[Coroutine[None, None, None]], server: StreamServer, drain_timeout_s: float, life_fd: int | None
) -> None:
    """Run the parts; at the first signal drain, at the second break the calls off.

    If our parent is gone, drain too, and leave the port to its successor: the calls that are open go on to their end.
    """
    first, second = asyncio.Event(), asyncio.Event()
    was_signalled = False

    def on_signal() -> None:
        nonlocal was_signalled
        (second if was_signalled else first).set()
        was_signalled = True

    loop = asyncio.get_running_loop()

    def on_parent_lost(life_fd: int) -> None:
        loop.remove_reader(life_fd)
        log.error("parent_lost", in_hand=server.work_in_hand)
        server.leave_port()
        first.set()

    loop.add_signal_handler(signal.SIGTERM, on_signal)
    if life_fd is None:
        loop.add_signal_handler(signal.SIGINT, on_signal)
    else:
        loop.add_reader(life_fd, on_parent_lost, life_fd)  # Ctrl-C is the parent's to handle
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part) for part in parts]
        await first.wait()
        draining = tasks.create_task(server.drained(drain_timeout_s))
        waiting = tasks.create_task(_wait(second))
        await asyncio.wait([draining, waiting], return_when=asyncio.FIRST_COMPLETED)
        await server.end_calls(_LAST_WRITES_S)
        for task in (*running, draining, waiting):
            task.cancel()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


if __name__ == "__main__":
    main()
