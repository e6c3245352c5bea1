"""The softphone's routes; there are none if it is off."""

from starlette.routing import Route

from services.webhook.http.method_routes import MethodRoutes
from services.webhook.settings import WebhookSettings
from services.webhook.softphone.calls import SoftphoneCallRoutes
from services.webhook.softphone.local_only import nearby
from services.webhook.softphone.pages import SoftphonePages
from shared.store import Store


def softphone_routes(settings: WebhookSettings, store: Store) -> list[Route]:
    """Return the routes under `/softphone`."""
    if settings.softphone == "off":
        return []
    pages = SoftphonePages(stream_url=settings.stream_url)
    shop = next(iter(settings.api_keys.values()))
    calls = SoftphoneCallRoutes(store, shop=shop, secret=settings.signing_secrets[0], stream_url=settings.stream_url)
    of_call = "/softphone/calls/{confirmation_id}/{attempt_id}"
    return [
        Route("/softphone", MethodRoutes({"GET": nearby(pages.page)})),
        Route("/softphone/static/{name}", MethodRoutes({"GET": nearby(pages.file)})),
        Route("/softphone/calls", MethodRoutes({"POST": nearby(calls.create)})),
        Route(of_call, MethodRoutes({"GET": nearby(calls.show)})),
        Route(f"{of_call}/end", MethodRoutes({"POST": nearby(calls.end)})),
    ]
