"""Who may use the softphone: a browser on this machine, on a page that this service serves."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from services.webhook.http.method_routes import RequestHandler
from shared.core.errors import NotFoundError

_OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_OF_PROXIES = ("forwarded", "via", "cf-connecting-ip", "true-client-ip", "x-real-ip")  # no browser sends them


def nearby(handler: RequestHandler) -> RequestHandler:
    """Return `handler` for requests of this machine; all others are answered with 404.

    The client and each address in `X-Forwarded-For` must be loopback addresses. A tunnel's agent runs on this machine, too,
    so the `Host` must be a loopback name as well: a tunnel passes its public name on. If it does not, its headers betray it: a
    tunnel names the client in one of them, and a browser beside us sends none. A page of another site, or a foreign
    name that resolves to this machine, is refused by `Host`, `Origin` and `Sec-Fetch-Site`.
    """

    async def answer(request: Request) -> Response:
        if not is_nearby(request):
            raise NotFoundError
        return await handler(request)

    return answer


def is_nearby(request: Request) -> bool:
    """Tell whether the request comes from a browser on this machine, for a page of this service."""
    client = request.client.host if request.client is not None else ""
    forwarded = [hop for line in request.headers.getlist("x-forwarded-for") for hop in line.split(",")]
    if not all(_is_loopback(hop.strip()) for hop in (client, *forwarded)):
        return False
    if any(name in request.headers for name in _OF_PROXIES):
        return False
    host = request.headers.get("host", "")
    if _name_of(host) not in _OWN_NAMES or _name_of(request.headers.get("x-forwarded-host", host)) not in _OWN_NAMES:
        return False
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return False
    return request.headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def _name_of(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
