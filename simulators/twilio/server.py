"""The simulator as a web application: REST API, admin pages and the exchange behind both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.twilio.errors import RestError
from simulators.twilio.exchange.exchange import Exchange
from simulators.twilio.options import Options
from simulators.twilio.rest.admin import Admin
from simulators.twilio.rest.routes import RestApi


def build_app(options: Options) -> Starlette:
    """Return the whole simulator; its exchange runs as long as the application does."""
    exchange = Exchange(options)
    rest = RestApi(exchange)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with exchange.running():
            yield

    app = Starlette(routes=[*rest.routes(), *Admin(exchange, rest).routes()], lifespan=lifespan)
    app.add_exception_handler(404, _not_found)
    app.add_exception_handler(405, _not_found)
    return app


async def _not_found(request: Request, _problem: Exception) -> Response:
    error = RestError(20404, request.url.path)
    return JSONResponse(error.body(), error.status)
