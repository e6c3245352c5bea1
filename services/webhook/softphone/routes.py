"""The softphone's routes; none where it is off."""

from starlette.routing import Route

from services.webhook.http.method_routes import Resource
from services.webhook.settings import WebhookSettings
from services.webhook.softphone.calls import SoftphoneCalls
from services.webhook.softphone.nearby import nearby
from services.webhook.softphone.pages import Pages
from shared.store import Store


def softphone_routes(settings: WebhookSettings, store: Store) -> list[Route]:
    """Return the routes under `/softphone`."""
    if settings.softphone == "off":
        return []
    pages = Pages()
    shop = next(iter(settings.api_keys.values()))
    calls = SoftphoneCalls(store, shop=shop, secret=settings.signing_secret.get_secret_value())
    of_call = "/softphone/calls/{confirmation_id}/{attempt_id}"
    return [
        Route("/softphone", Resource({"GET": nearby(pages.page)})),
        Route("/softphone/static/{name}", Resource({"GET": nearby(pages.file)})),
        Route("/softphone/calls", Resource({"POST": nearby(calls.create)})),
        Route(of_call, Resource({"GET": nearby(calls.show)})),
        Route(f"{of_call}/end", Resource({"POST": nearby(calls.end)})),
    ]
