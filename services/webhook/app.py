"""The application: the list of its routes, and the handlers with what they need."""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from services.webhook.api.audit.handlers import AuditRoutes
from services.webhook.api.audit.notes import AuditNotes
from services.webhook.api.audit.openapi_operations import audit_operations
from services.webhook.api.auth import ApiKeys
from services.webhook.api.confirmations.bulk import BulkRoutes
from services.webhook.api.confirmations.handlers import ConfirmationRoutes
from services.webhook.api.confirmations.listing import ListingRoutes
from services.webhook.api.confirmations.openapi_operations import confirmation_operations
from services.webhook.api.confirmations.preview import PreviewRoutes
from services.webhook.api.confirmations.transcript import TranscriptRoutes
from services.webhook.api.customers.handlers import CustomerRoutes
from services.webhook.api.customers.openapi_operations import customer_operations
from services.webhook.api.events.handlers import EventStreamRoutes
from services.webhook.api.events.openapi_operations import event_operations
from services.webhook.api.openapi.operation import Operation
from services.webhook.api.opt_outs.handlers import OptOutRoutes
from services.webhook.api.opt_outs.openapi_operations import opt_out_operations
from services.webhook.api.rate_limit import RateLimiter
from services.webhook.api.validation_context import ValidationRules
from services.webhook.api.webhook_endpoints.handlers import WebhookEndpointRoutes
from services.webhook.api.webhook_endpoints.openapi_operations import webhook_endpoint_operations
from services.webhook.asyncapi import schema_routes
from services.webhook.docs import docs_routes
from services.webhook.http.method_routes import MethodRoutes, RequestHandler
from services.webhook.http.middleware import RequestMiddleware
from services.webhook.http.sse import StreamSlots
from services.webhook.settings import WebhookSettings
from services.webhook.softphone.routes import softphone_routes
from services.webhook.twilio.callbacks import Callbacks
from services.webhook.twilio.incoming import InboundRules, IncomingCalls
from services.webhook.twilio.prompts import prompt
from services.webhook.twilio.signature import SignedForms
from services.webhook.twilio.voice import Voice
from shared import languages
from shared.runtime.health import Health
from shared.settings.calling_rules import dial_policy_from
from shared.store import Store
from shared.twilio.callback_urls import INCOMING_PATH, INCOMING_STATUS_PATH


def make_app(settings: WebhookSettings, store: Store, health: Health) -> ASGIApp:
    """Return the application; `health` carries the registry of metrics."""
    operations = _operations(settings, store, health)
    routes: list[BaseRoute] = [
        *_api_routes(operations, ApiKeys(settings.api_keys), RateLimiter(store, settings.rate_limit)),
        *schema_routes(settings.public_url),
        *_twilio(settings, store, health),
        *docs_routes(operations),
        *softphone_routes(settings, store),
        *health.routes(),
    ]
    return RequestMiddleware(Router(routes, redirect_slashes=False), registry=health.registry, health=health)


def _operations(settings: WebhookSettings, store: Store, health: Health) -> tuple[Operation, ...]:
    rules = ValidationRules(
        policy=dial_policy_from(settings),
        allowed_countries=settings.allowed_countries,
        languages=frozenset(languages.supported()),
        companies=settings.companies,
    )
    notes = AuditNotes(store.audit)
    slots = StreamSlots(
        settings.event_streams_max,
        health.registry,
        per_shop=settings.event_streams_per_shop,
        per_key=settings.event_streams_per_key,
    )
    health.on_drain(slots.end_all)
    return (
        *confirmation_operations(
            routes=ConfirmationRoutes(store, rules, notes),
            listing=ListingRoutes(store, rules.policy),
            bulk=BulkRoutes(store, rules, notes),
            preview=PreviewRoutes(store, rules, default_language=settings.default_language),
            transcripts=TranscriptRoutes(store),
        ),
        *event_operations(EventStreamRoutes(store, slots)),
        *opt_out_operations(OptOutRoutes(store, settings.allowed_countries, notes)),
        *webhook_endpoint_operations(WebhookEndpointRoutes(store, rules, notes, allows_private=settings.webhook_private_targets)),
        *customer_operations(CustomerRoutes(store, settings.allowed_countries, notes, health.registry)),
        *audit_operations(AuditRoutes(store.audit)),
    )


def _api_routes(operations: Sequence[Operation], keys: ApiKeys, rates: RateLimiter) -> list[BaseRoute]:
    paths: dict[str, dict[str, RequestHandler]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = keys.secured(rates.limited(operation.handler))
    return [Route(path, MethodRoutes(methods)) for path, methods in paths.items()]


def _twilio(settings: WebhookSettings, store: Store, health: Health) -> list[Route]:
    forms = SignedForms(
        public_url=settings.public_url,
        auth_tokens=settings.twilio_auth_tokens,
        registry=health.registry,
    )
    callbacks = Callbacks(store, forms)
    voice = Voice(store, forms, public_url=settings.public_url, default_language=settings.default_language)
    incoming = IncomingCalls(
        store,
        forms,
        InboundRules(must_prove=settings.inbound_proof, most_calls=settings.max_inbound_per_number),
        public_url=settings.public_url,
        secret=settings.signing_secrets[0],
        default_language=settings.default_language,
    )
    of_attempt = "{confirmation_id}/{attempt_id}"
    posts = {
        INCOMING_PATH: incoming.answer,
        INCOMING_STATUS_PATH: callbacks.incoming_status,
        f"/twilio/status/{of_attempt}": callbacks.status,
        f"/twilio/amd/{of_attempt}": callbacks.amd,
        f"/twilio/after-stream/{of_attempt}": voice.after_stream,
        f"/twilio/keypad/{of_attempt}": voice.keypad,
        f"/twilio/after-disclosure/{{digit}}/{of_attempt}": voice.after_disclosure,
        f"/twilio/proof/{{failures:int}}/{of_attempt}": voice.proof,
        f"/twilio/silence/{of_attempt}": voice.silence,
    }
    recordings = Route("/prompts/{language}/{key}.wav", MethodRoutes({"GET": prompt}))
    return [*(Route(path, MethodRoutes({"POST": handler})) for path, handler in posts.items()), recordings]
