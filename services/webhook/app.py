"""The list of routes, and the wiring of what answers them."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from services.webhook.api.auth import ApiKeys
from services.webhook.api.confirmations.bulk import Bulk
from services.webhook.api.confirmations.handlers import Confirmations, RuleBook
from services.webhook.api.confirmations.listing import Listing
from services.webhook.api.confirmations.openapi_operations import Parts, operations
from services.webhook.api.confirmations.preview import Preview
from services.webhook.api.confirmations.transcript import Transcript
from services.webhook.api.customers.handlers import CustomerErasure
from services.webhook.api.events.handlers import Events
from services.webhook.api.openapi.operation import Op
from services.webhook.api.opt_outs.handlers import OptOutList
from services.webhook.api.rate_limit import RateLimiter
from services.webhook.api.webhook_endpoints.handlers import Endpoints
from services.webhook.api.webhook_endpoints.openapi_operations import endpoint_operations
from services.webhook.asyncapi import schema_routes
from services.webhook.docs import docs_routes
from services.webhook.http.method_routes import Resource, Respond
from services.webhook.http.middleware import Edge
from services.webhook.http.sse import StreamPlaces
from services.webhook.settings import WebhookSettings
from services.webhook.softphone.routes import softphone_routes
from services.webhook.twilio.callbacks import Callbacks
from services.webhook.twilio.prompts import prompt
from services.webhook.twilio.signature import SignedForms
from services.webhook.twilio.voice import Voice
from shared import languages
from shared.runtime.health import Health
from shared.settings.dial_policy import dial_policy_from
from shared.store import Store
from shared.twilio.callback_urls import INCOMING_PATH, INCOMING_STATUS_PATH


def make_app(settings: WebhookSettings, store: Store, health: Health) -> ASGIApp:
    """Return the application; `health` carries the registry of metrics."""
    ops = _api(settings, store, health)
    routes: list[BaseRoute] = [
        *_api_routes(ops, ApiKeys(settings.api_keys), RateLimiter(store, settings.rate_limit)),
        *schema_routes(settings.public_url),
        *_twilio(settings, store, health),
        *docs_routes(ops),
        *softphone_routes(settings, store),
        *health.routes(),
    ]
    return Edge(Router(routes, redirect_slashes=False), registry=health.registry, health=health)


def _api(settings: WebhookSettings, store: Store, health: Health) -> tuple[Op, ...]:
    book = RuleBook(
        policy=dial_policy_from(settings),
        allowed_countries=settings.allowed_countries,
        languages=frozenset(languages.supported()),
    )
    confirmations = Confirmations(store, book)
    places = StreamPlaces(settings.event_streams_max, health.registry)
    health.on_drain(places.end_all)
    parts = Parts(
        confirmations=confirmations,
        listing=Listing(store, book.policy),
        bulk=Bulk(store, confirmations),
        preview=Preview(confirmations, default_language=settings.default_language),
        transcript=Transcript(store, confirmations),
        events=Events(store, confirmations, places),
        opt_outs=OptOutList(store, settings.allowed_countries),
    )
    endpoints = Endpoints(store, confirmations, allows_private=settings.webhook_private_targets)
    erasure = CustomerErasure(store, settings.allowed_countries, health.registry)
    return (*operations(parts), *endpoint_operations(endpoints), *erasure.operations())


def _api_routes(ops: Sequence[Op], keys: ApiKeys, rates: RateLimiter) -> list[BaseRoute]:
    paths: dict[str, dict[str, Respond]] = {}
    for op in ops:
        paths.setdefault(op.path, {})[op.method] = keys.secured(rates.limited(op.respond))
    return [Route(path, Resource(methods)) for path, methods in paths.items()]


def _twilio(settings: WebhookSettings, store: Store, health: Health) -> list[Route]:
    forms = SignedForms(
        public_url=settings.public_url,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        registry=health.registry,
    )
    callbacks = Callbacks(store, forms)
    voice = Voice(
        store,
        forms,
        public_url=settings.public_url,
        secret=settings.signing_secret.get_secret_value(),
        default_language=settings.default_language,
    )
    of_attempt = "{confirmation_id}/{attempt_id}"
    posts = {
        INCOMING_PATH: voice.incoming_call,
        INCOMING_STATUS_PATH: callbacks.incoming_status,
        f"/twilio/status/{of_attempt}": callbacks.status,
        f"/twilio/amd/{of_attempt}": callbacks.amd,
        f"/twilio/after-stream/{of_attempt}": voice.after_stream,
        f"/twilio/keypad/{of_attempt}": voice.keypad,
        f"/twilio/silence/{of_attempt}": voice.silence,
    }
    recordings = Route("/prompts/{language}/{key}.wav", Resource({"GET": prompt}))
    return [*(Route(path, Resource({"POST": respond})) for path, respond in posts.items()), recordings]
