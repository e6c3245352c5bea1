"""Starts the webhook service: reads the environment, makes the application, serves until SIGTERM."""

import asyncio
import gc

import structlog
import uvloop

from services.webhook.app import make_app
from services.webhook.settings import WebhookSettings
from shared.logs.setup import configure_logging
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.runtime.uvicorn_server import DrainServer, server_config
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import load_settings
from shared.store import Store, connect

log = structlog.get_logger()

_SERVICE = "webhook"


def main() -> None:
    """Run the service; exit code 2 if the settings are wrong."""
    settings = load_settings(WebhookSettings)
    configure_logging(settings, service=_SERVICE)
    _collect_seldom()
    uvloop.run(_serve(settings))


async def _serve(settings: WebhookSettings) -> None:
    store = connect(
        settings.redis_url.get_secret_value(),
        dial_policy_from(settings),
        public_url=settings.public_url,
        encryption_keys=settings.encryption_keys,
    )
    health = Health(make_registry(_SERVICE), checks=[("redis", lambda: _ping(store))])
    app = make_app(settings, store, health)
    server = DrainServer(server_config(app, settings.webhook_bind), health=health, drain_timeout_s=settings.drain_timeout_s)
    log.info("service_started", bind=f"{settings.webhook_bind.host}:{settings.webhook_bind.port}")
    try:
        async with asyncio.TaskGroup() as group:
            signals = group.create_task(store.notifications.run())
            await server.serve()
            signals.cancel()
    finally:
        await store.close()
    log.info("service_stopped")


def _collect_seldom() -> None:
    """Let the garbage collector skip the objects that live as long as the process, and run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


async def _ping(store: Store) -> str | None:
    await store.ping()
    return await store.missing_right()


if __name__ == "__main__":
    main()
