"""The list of routes, and the wiring of what answers them."""

from starlette.routing import Route, Router
from starlette.types import ASGIApp

from services.webhook.api.auth import ApiKeys, ShopRespond
from services.webhook.api.bulk import Bulk
from services.webhook.api.confirmations import Confirmations, RuleBook
from services.webhook.api.events import Events
from services.webhook.api.listing import Listing
from services.webhook.api.opt_outs import OptOutList
from services.webhook.api.preview import Preview
from services.webhook.api.transcripts import Transcript
from services.webhook.edge import Edge
from services.webhook.resource import Resource
from services.webhook.settings import WebhookSettings
from services.webhook.softphone.routes import softphone_routes
from services.webhook.twilio.callbacks import Callbacks
from services.webhook.twilio.prompts import prompt
from services.webhook.twilio.signature import SignedForms
from services.webhook.twilio.voice import Voice
from shared import languages
from shared.callback_urls import INCOMING_PATH, INCOMING_STATUS_PATH
from shared.health import Health
from shared.policy import dial_policy_from
from shared.store import Store


def make_app(settings: WebhookSettings, store: Store, health: Health) -> ASGIApp:
    """Return the application; `health` carries the registry of metrics."""
    routes = [*health.routes(), *_api(settings, store, health), *_twilio(settings, store, health), *softphone_routes(settings, store)]
    return Edge(Router(routes, redirect_slashes=False), registry=health.registry, health=health)


def _api(settings: WebhookSettings, store: Store, health: Health) -> list[Route]:
    book = RuleBook(
        policy=dial_policy_from(settings),
        allowed_countries=settings.allowed_countries,
        languages=frozenset(languages.supported()),
    )
    confirmations = Confirmations(store, book)
    opt_outs = OptOutList(store, settings.allowed_countries)
    events = Events(store, confirmations, lambda: health.is_draining)
    paths: dict[str, dict[str, ShopRespond]] = {
        "/v1/confirmations": {"POST": confirmations.create, "GET": Listing(store, book.policy).page},
        "/v1/confirmations/bulk": {"POST": Bulk(store, confirmations).create},
        "/v1/confirmations/preview": {
            "POST": Preview(confirmations, default_language=settings.default_language).show,
        },
        "/v1/confirmations/{id}": {"GET": confirmations.show, "DELETE": confirmations.withdraw},
        "/v1/confirmations/{id}/events": {"GET": events.of_confirmation},
        "/v1/confirmations/{id}/transcript": {"GET": Transcript(store, confirmations).show},
        "/v1/events": {"GET": events.of_shop},
        "/v1/opt-outs": {"GET": opt_outs.page},
        "/v1/opt-outs/{phone}": {"PUT": opt_outs.add, "GET": opt_outs.show, "DELETE": opt_outs.remove},
    }
    secured = ApiKeys(settings.api_keys).secured
    return [
        Route(path, Resource({method: secured(respond) for method, respond in methods.items()})) for path, methods in paths.items()
    ]


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
