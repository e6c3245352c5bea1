"""Starts the media bridge: reads the environment, wires the parts, serves until SIGTERM, drains, ends with 0."""

import asyncio
import signal
import ssl
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import Any

import structlog

from services.media_bridge import stored_prompts
from services.media_bridge.admission import Door
from services.media_bridge.handshake import SignatureCheck
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.next_order import NextOrders
from services.media_bridge.openai_leg import ModelAddress, ModelLeg
from services.media_bridge.prompts import PromptBook
from services.media_bridge.reception import Desk
from services.media_bridge.server import StreamServer
from services.media_bridge.settings import BridgeSettings
from services.media_bridge.warm_pool import WarmPool
from services.media_bridge.websocket import ConnectionFailedError
from shared import languages
from shared.core.conversation.lines import Timing
from shared.core.errors import StoreUnavailableError
from shared.environ import load_settings
from shared.health import Health
from shared.logs import configure_logging
from shared.metrics import make_registry
from shared.policy import dial_policy_from
from shared.store import Store, connect

log = structlog.get_logger()

_SERVICE = "media_bridge"
_SESSION_MARGIN_S = 60.0


def main() -> None:
    """Run the service; the process ends with 0 after a drain."""
    settings = load_settings(BridgeSettings)
    configure_logging(settings, service=_SERVICE)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop  # noqa: PLC0415 - there is none for Windows

    return uvloop.new_event_loop


async def _run(settings: BridgeSettings) -> None:
    policy = dial_policy_from(settings)
    store = connect(settings.redis_url.get_secret_value(), policy, public_url=settings.public_url)
    registry = make_registry(_SERVICE)
    metrics = BridgeMetrics(registry)
    health = Health(registry, checks=(("redis", partial(_redis_fault, store)),))
    address = _model_address(settings)
    server = StreamServer(
        bind=settings.media_bridge_bind,
        health=health,
        metrics=metrics,
        signature=SignatureCheck(auth_token=settings.twilio_auth_token.get_secret_value(), stream_url=settings.stream_url),
        requires_signature=settings.require_stream_signature,
        max_streams=settings.max_streams,
    )

    async def ringing() -> int:
        return await _phones_ringing(store, server)

    pool = WarmPool(
        partial(_open_session, address, metrics),
        ringing=ringing,
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
        await _until_told_to_end(
            [store.signals.run(), pool.run(), server.run(desk)], partial(server.drained, settings.drain_timeout_s)
        )
    finally:
        await store.close()


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


async def _redis_fault(store: Store) -> str | None:
    await store.ping()
    return None


async def _phones_ringing(store: Store, server: StreamServer) -> int:
    """Return how many calls are open and not with us: some ring, some another bridge has. With Redis away, none."""
    try:
        return max(0, await store.due.calls_open() - server.streams)
    except StoreUnavailableError:
        return 0


def _read_languages() -> None:
    """Read all words and stored prompts now: no call shall wait for the disk."""
    for language in languages.load_all():
        for key in language.stored:
            stored_prompts.payloads(language.code, key)


async def _until_told_to_end(parts: list[Coroutine[Any, Any, None]], drained: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run the parts; at the first signal drain, at the second end at once."""
    first, second = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (second if first.is_set() else first).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(part) for part in parts]
        await first.wait()
        draining = tasks.create_task(drained())
        impatience = tasks.create_task(_wait(second))
        await asyncio.wait([draining, impatience], return_when=asyncio.FIRST_COMPLETED)
        for task in (*running, draining, impatience):
            task.cancel()


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


if __name__ == "__main__":
    main()
