"""The webhook service for tests: its settings, a valid body, the application in this process, Twilio's signature."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from services.webhook.api.validation_context import ValidationContext
from services.webhook.app import make_app
from services.webhook.settings import WebhookSettings
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import parse_settings
from shared.store import Store, connect
from tests.support.orders import NOON
from tests.support.sealing import SEALING_KEY

PUBLIC_URL = "https://calls.shop.example"
AUTH_TOKEN = "12345"
KEY = "the-key-of-shopaz"
OTHER_KEY = "the-key-of-gjirafa"
PHONE = "+38344123456"

ENVIRON: Mapping[str, str] = {
    "PUBLIC_URL": PUBLIC_URL,
    "API_KEYS": f"shopaz:{KEY},gjirafa:{OTHER_KEY},shopaz:second-key-of-shopaz",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
    "CALL_WINDOW": "00:00-24:00",
    "CALL_DAYS": "mon-sun",
    "CALL_HOLIDAYS": "on",
}

_BODY: Mapping[str, Any] = {
    "order": {
        "id": "SHP-10482",
        "total": "59.90",
        "currency": "EUR",
        "items": [{"name": "Kufje me valë", "quantity": 1}],
        "delivery": {"address": "Rr. Agim Ramadani 12, Prishtinë", "date": "2026-11-25"},
    },
    "company": "Shopaz",
    "customer": {"phone": PHONE, "name": "Arta", "language": "sq", "timezone": "Europe/Belgrade"},
    "call": {
        "not_before": None,
        "expires_at": None,
        "window": "09:00-20:00",
        "max_attempts": 3,
        "retry_delays": {"busy": 300},
        "on_machine": "hang_up",
        "priority": "normal",
    },
    "metadata": {"crm_id": "42"},
}


def settings(**environ: str) -> WebhookSettings:
    """Return the settings, with the variables of `environ` replaced."""
    return parse_settings(WebhookSettings, {**ENVIRON, **environ})


def rules(**environ: str) -> ValidationContext:
    """Return the validation rules at noon."""
    made = settings(**environ)
    languages = frozenset({"sq", "en"})
    return ValidationContext(policy=dial_policy_from(made), allowed_countries=made.allowed_countries, languages=languages, now=NOON)


def body(**changes: object) -> dict[str, Any]:
    """Return a valid body; `customer__phone="…"` replaces a member, `call=...` a whole object."""
    made: dict[str, Any] = copy.deepcopy(dict(_BODY))
    for place, value in changes.items():
        *parents, name = place.split("__")
        target = made
        for parent in parents:
            target = target[parent]
        target[name] = value
    return made


def small_body(number: int = 1, *, phone: str = PHONE) -> dict[str, Any]:
    """Return a body with only the required fields."""
    return {"order": {"id": f"A-{number}"}, "company": "Shopaz", "customer": {"phone": phone}}


DescribedAnswer = Callable[[str, object], None]
"""Checks that a value matches the OpenAPI document's description of the answer with that name."""


@dataclass(frozen=True, slots=True)
class Service:
    """The application over a real store, in this process."""

    app: ASGIApp
    store: Store
    health: Health
    client: httpx.AsyncClient

    async def as_twilio(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        """Post a form to a URL as Twilio does: signed, without the URL's fragment."""
        path = url.removeprefix(PUBLIC_URL).partition("#")[0]
        return await self.client.post(path, data=dict(form), headers={"x-twilio-signature": signature(path, form)})

    async def submit(self, value: object) -> dict[str, Any]:
        """Post an order; return the confirmation."""
        answer = await self.client.post("/v1/confirmations", json=value)
        assert answer.status_code == 202, answer.text
        made: dict[str, Any] = answer.json()
        return made


def signature(path: str, form: Mapping[str, str]) -> str:
    """Return the X-Twilio-Signature for a form to that path."""
    signed: str = RequestValidator(AUTH_TOKEN).compute_signature(PUBLIC_URL + path, dict(form))
    return signed


def _as_it_is(store: Store) -> Store:
    return store


def make_service(redis_url: str, *, change_store: Callable[[Store], Store] = _as_it_is, **environ: str) -> Service:
    """Return the service over the store at `redis_url`; the caller must close its client and store."""
    made = settings(**environ)
    store = change_store(connect(redis_url, dial_policy_from(made), encryption_keys=made.encryption_keys))
    health = Health(make_registry("webhook"))
    app = make_app(made, store, health)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    headers = {"authorization": f"Bearer {KEY}"}
    return Service(app, store, health, httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers=headers))
