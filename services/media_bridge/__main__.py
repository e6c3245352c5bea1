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
from typing import Any

import structlog

from services.media_bridge.call import stored_prompts
from services.media_bridge.call.admission import Door
from services.media_bridge.call.call_script import PromptBook
from services.media_bridge.call.next_order import NextOrders
from services.media_bridge.call.stream_session import Desk
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.leg import ModelAddress, ModelLeg
from services.media_bridge.openai.warm_pool import WarmPool
from services.media_bridge.process.aggregate_metrics import JointFigures
from services.media_bridge.process.open_calls import OpenCalls
from services.media_bridge.process.server import StreamServer
from services.media_bridge.process.shared_memory import Siblings
from services.media_bridge.recordings.retention import RecordingSweep
from services.media_bridge.settings import BridgeSettings
from services.media_bridge.twilio.signature import SignatureCheck
from services.media_bridge.websocket import ConnectionFailedError
from shared import languages
from shared.core.conversation.plan import Timing
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
_LAST_WRITES_S = 3.0  # for what calls leave that were broken off; shorter than what the supervisor grants its children at last
_LAST_WORDS_S = 5.0  # a process's own limit for the drain is up first


def main() -> None:
    """Run the service; the process ends with 0 after a drain."""
    settings = load_settings(BridgeSettings)
    configure_logging(settings, service=_SERVICE)
    count = settings.media_bridge_processes if sys.platform != "win32" else 1
    siblings = Siblings(count)
    _refuse_taken(settings.media_bridge_bind)
    if count == 1:
        _serve(settings, siblings)
        sys.stdout.flush()
        os._exit(0)  # as the supervisor's children end: Python itself would wait for threads that a hung disk holds
    _read_languages()
    children: list[Child] = []
    supervisor = Supervisor(children, drain_timeout_s=settings.drain_timeout_s + _LAST_WORDS_S, on_change=lambda _: None)
    for number in range(count):
        run = partial(_serve, settings, siblings, number=number, life_fd=supervisor.parent_alive_fd)
        children.append(Child(f"bridge-{number}", run, gets_second_sigterm=True))
    sys.exit(supervisor.run())


def _serve(settings: BridgeSettings, siblings: Siblings, *, number: int = 0, life_fd: int | None = None) -> None:
    """Be one process of the service, until SIGTERM, or until who started it is gone (`life_fd` tells)."""
    siblings.become(number)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings, siblings, is_first=number == 0, life_fd=life_fd))


def _refuse_taken(bind: Bind) -> None:
    """End at once where somebody else listens there: several processes of ours would share the port, even with strangers.

    Raises:
        OSError: The address can't be had.
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


async def _run(settings: BridgeSettings, siblings: Siblings, *, is_first: bool, life_fd: int | None) -> None:
    policy = dial_policy_from(settings)
    store = connect(settings.redis_url.get_secret_value(), policy, public_url=settings.public_url)
    registry = make_registry(_SERVICE)
    metrics = BridgeMetrics(registry)
    joint = JointFigures(registry, siblings)
    open_calls = OpenCalls(store.due, siblings)
    health = Health(joint.registry() if siblings.count > 1 else registry, checks=(("redis", open_calls.look),))
    address = _model_address(settings)
    server = StreamServer(
        bind=settings.media_bridge_bind,
        health=health,
        metrics=metrics,
        signature=SignatureCheck(auth_token=settings.twilio_auth_token.get_secret_value(), stream_url=settings.stream_url),
        requires_signature=settings.require_stream_signature,
        max_streams=settings.max_streams,
        siblings=siblings,
    )
    pool = WarmPool(
        partial(_open_session, address, metrics),
        ringing=open_calls.ringing,
        most=settings.warm_sessions_max,
        wall_clock=time,
        needed_s=settings.call_time_limit_s + _SESSION_MARGIN_S,
    )
    metrics.warm.set_function(lambda: pool.ready)
    prompts = PromptBook(
        policy=policy,
        default_language=settings.default_language,
        transcription_model=settings.openai_transcription_model,
        is_recorded=settings.record_calls is not None,
        patience=Timing(silence_s=settings.silence_prompts_s, wait_s=settings.wait_s),
    )
    desk = Desk(
        door=Door(
            store.confirmations,
            signing_secret=settings.signing_secret.get_secret_value(),
            prompt_version=prompts.version,
        ),
        records=store.confirmations,
        transcripts=store.transcripts,
        watches=store.watches,
        next_orders=NextOrders(store.confirmations, store.lookups, prompt_version=prompts.version),
        prompts=prompts,
        sessions=pool,
        voice=settings.openai_voice,
        prices=settings.prices,
        record_folder=settings.record_calls,
        metrics=metrics,
        background=server.keep,
        wall_clock=partial(datetime.now, UTC),
    )
    _read_languages()
    try:
        parts = [store.notifications.run(), pool.run(), server.run(desk)]
        if siblings.count > 1:
            parts.append(_publish(joint))
        if is_first and settings.record_calls is not None:
            parts.append(_sweep(settings.record_calls, store, metrics).run())
        await _until_told_to_end(parts, server, settings.drain_timeout_s, life_fd)
    finally:
        await store.close()


def _sweep(folder: Path, store: Store, metrics: BridgeMetrics) -> RecordingSweep:
    erased = metrics.recordings_erased
    return RecordingSweep(folder, identity=store.identity, existing=store.lookups.existing, erased=erased)


def _model_address(settings: BridgeSettings) -> ModelAddress:
    is_tls = settings.openai_realtime_url.startswith("wss://")
    return ModelAddress(
        url=settings.openai_realtime_url,
        model=settings.openai_realtime_model,
        api_key=settings.openai_api_key.get_secret_value(),
        voice=settings.openai_voice,
        ssl_context=ssl.create_default_context() if is_tls else None,
    )


async def _open_session(address: ModelAddress, metrics: BridgeMetrics, *, limit_s: float) -> ModelLeg:
    """Open a session with the model, and count how that went."""
    try:
        leg = await ModelLeg.open(address, limit_s=limit_s)
    except ConnectionFailedError as error:
        metrics.model_connections.labels(result=error.reason).inc()
        raise
    metrics.model_connections.labels(result="opened").inc()
    return leg


def _read_languages() -> None:
    """Read all words and stored prompts now: no call shall wait for the disk."""
    for language in languages.load_all():
        for key in language.stored:
            stored_prompts.payloads(language.code, key)


async def _publish(joint: JointFigures) -> None:
    """Let the other processes have our figures, for as long as we run."""
    while True:
        joint.publish()
        await asyncio.sleep(_PUBLISH_EVERY_S)


async def _until_told_to_end(
    parts: list[Coroutine[Any, Any, None]], server: StreamServer, drain_timeout_s: float, life_fd: int | None
) -> None:
    """Run the parts; at the first signal drain, at the second break off.

    When our parent is gone, drain too, and leave the port to its successor: whoever is on the line talks on.
    """
    first, second = asyncio.Event(), asyncio.Event()
    told_before = False

    def told() -> None:
        nonlocal told_before
        (second if told_before else first).set()
        told_before = True

    loop = asyncio.get_running_loop()

    def orphaned(life_fd: int) -> None:
        loop.remove_reader(life_fd)
        log.error("parent_lost", in_hand=server.work_in_hand)
        server.leave_port()
        first.set()

    loop.add_signal_handler(signal.SIGTERM, told)
    if life_fd is None:
        loop.add_signal_handler(signal.SIGINT, told)
    else:
        loop.add_reader(life_fd, orphaned, life_fd)  # Ctrl-C is our parent's affair
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part) for part in parts]
        await first.wait()
        draining = tasks.create_task(server.drained(drain_timeout_s))
        impatience = tasks.create_task(_wait(second))
        await asyncio.wait([draining, impatience], return_when=asyncio.FIRST_COMPLETED)
        await server.end_calls(_LAST_WRITES_S)
        for task in (*running, draining, impatience):
            task.cancel()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


if __name__ == "__main__":
    main()
