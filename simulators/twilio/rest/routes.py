"""The part of Twilio's REST API that a dialer uses: create, fetch, update and list calls; the account and its numbers."""

import asyncio
import base64
import binascii
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.twilio.call.call import API_VERSION, Call
from simulators.twilio.errors import RestError
from simulators.twilio.exchange.exchange import Exchange
from simulators.twilio.faults import Kind, Rule
from simulators.twilio.ledger import Json, now_ms, wall_time
from simulators.twilio.rest.filters import DEFAULT_PAGE, MAX_PAGE, matches
from simulators.twilio.rest.parameters import Form, parse_create, parse_update
from simulators.twilio.rest.resource import account_resource, call_resource, numbers_resource, page_resource

MAX_REQUESTS = 5_000
_BEFORE_ANSWER_S = 3.0
_CREATE_FAULTS = (
    Kind.CREATE_REFUSED,
    Kind.CREATE_429,
    Kind.CREATE_500_REFUSED,
    Kind.CREATE_500_ACCEPTED,
    Kind.CREATE_SILENT_ACCEPTED,
    Kind.CREATE_SILENT_REFUSED,
    Kind.CREATE_SLOW,
)
_REFUSALS = {Kind.CREATE_429: 20429, Kind.CREATE_500_REFUSED: 20500, Kind.REST_429: 20429, Kind.REST_500: 20500}

Endpoint = Callable[[Request], Awaitable[Response]]


class RestApi:
    """The endpoints; `requests` keeps the latest requests and how they were answered."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._options = exchange.options
        self.requests: deque[Json] = deque(maxlen=MAX_REQUESTS)

    def routes(self) -> list[Route]:
        """Return all routes of the API."""
        account = f"/{API_VERSION}/Accounts/{{account}}"
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", f"{account}.json", self._account),
            ("GET", f"{account}/IncomingPhoneNumbers.json", self._numbers),
            ("POST", f"{account}/Calls.json", self._create),
            ("GET", f"{account}/Calls.json", self._list),
            ("GET", f"{account}/Calls/{{sid}}.json", self._fetch),
            ("POST", f"{account}/Calls/{{sid}}.json", self._update),
        ]
        return [Route(path, self._checked(endpoint), methods=[method]) for method, path, endpoint in table]

    def _checked(self, endpoint: Endpoint) -> Endpoint:
        """Authenticate the client, answer errors in Twilio's form, and record request and answer."""

        async def answer(request: Request) -> Response:
            form = await _form(request)
            request.state.form = form
            entry = {"at_ms": now_ms(), "at": wall_time(), "method": request.method, "path": request.url.path}
            entry |= {"parameters": form, "query": dict(request.query_params), "status": None}
            self.requests.append(entry)
            try:
                self._authenticate(request)
                response = await endpoint(request)
            except RestError as error:
                entry["code"] = error.code
                response = JSONResponse(error.body(), error.status)
                if error.status == 401:
                    response.headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
            entry["status"], entry["answered_ms"] = response.status_code, now_ms()
            return response

        return answer

    def _authenticate(self, request: Request) -> None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as problem:
            raise RestError(20003) from problem
        if region_of_host(request.headers.get("host", "")) not in (None, self._options.region):
            raise RestError(20003, "the token of another region")
        known = {self._options.account_sid: self._options.auth_token, **self._options.api_keys}
        is_right = secrets.compare_digest(known.get(user, "").encode(), password.encode()) and bool(password)
        if scheme.lower() != "basic" or not is_right:
            raise RestError(20003)
        if request.path_params["account"] != self._options.account_sid:
            raise RestError(20404, "another account")

    # --- calls

    async def _create(self, request: Request) -> Response:
        form: Form = request.state.form
        phone = (form.get("To") or [""])[0]
        fault = self._exchange.faults.pick(_CREATE_FAULTS, phone=phone)
        if fault is not None:
            return await self._create_with_fault(fault, request)
        call = self._place(form)
        if self._exchange.faults.pick((Kind.CALLBACK_BEFORE_ANSWER,), phone=phone):
            await _within(_BEFORE_ANSWER_S, call.callback_progress.first_delivered)
        return JSONResponse(call_resource(call, self._options), 201)

    async def _create_with_fault(self, fault: Rule, request: Request) -> Response:
        match fault.fault:
            case Kind.CREATE_REFUSED:
                raise RestError(fault.code, "on order of a fault", status=fault.status)
            case Kind.CREATE_429 | Kind.CREATE_500_REFUSED:
                raise RestError(_REFUSALS[fault.fault], "on order of a fault", status=fault.status)
            case Kind.CREATE_500_ACCEPTED:
                self._place(request.state.form)
                raise RestError(20500, "on order of a fault, yet placed", status=fault.status)
            case Kind.CREATE_SLOW:
                await asyncio.sleep(fault.delay_s)
                return JSONResponse(call_resource(self._place(request.state.form), self._options), 201)
            case Kind.CREATE_SILENT_ACCEPTED:
                self._place(request.state.form)
            case _:
                pass
        return await _silence(request, fault.delay_s)

    def _place(self, form: Form) -> Call:
        return self._exchange.place(parse_create(form, self._options), dict(form))

    async def _fetch(self, request: Request) -> Response:
        call = self._find(request)
        return JSONResponse(call_resource(call, self._options))

    async def _update(self, request: Request) -> Response:
        call = self._find(request)
        call.ledger.note("update_requested", parameters=request.state.form)
        self._exchange.update(call, parse_update(request.state.form))
        return JSONResponse(call_resource(call, self._options))

    def _find(self, request: Request) -> Call:
        call = self._exchange.find(request.path_params["sid"])
        self._fail_if_ordered(call.phone)
        return call

    async def _list(self, request: Request) -> Response:
        filters = {name: value for name, value in request.query_params.items() if not name.startswith("Page")}
        self._fail_if_ordered(filters.get("To", ""))
        size = min(_whole(request, "PageSize", DEFAULT_PAGE), MAX_PAGE) or DEFAULT_PAGE
        page = _whole(request, "Page", 0)
        fitting = (call for call in self._exchange.visible() if matches(call, filters))
        found = list(islice(fitting, page * size, (page + 1) * size + 1))
        more = len(found) > size
        path = request.url.path
        return JSONResponse(page_resource(found[:size], self._options, path=path, filters=filters, page=page, size=size, more=more))

    def _fail_if_ordered(self, phone: str) -> None:
        fault = self._exchange.faults.pick((Kind.REST_429, Kind.REST_500), phone=phone)
        if fault is not None:
            raise RestError(_REFUSALS[fault.fault], "on order of a fault", status=fault.status)

    # --- the account

    async def _account(self, _request: Request) -> Response:
        return JSONResponse(account_resource(self._options))

    async def _numbers(self, request: Request) -> Response:
        return JSONResponse(numbers_resource(self._options, wanted=request.query_params.get("PhoneNumber")))


def region_of_host(host: str) -> str | None:
    """Return the region of one of Twilio's hosts, None for any other host, such as this machine.

    Source: twilio-python, `Client.get_hostname`: `api.twilio.com` is US1, `api.{edge}.{region}.twilio.com` names it.
    """
    labels = host.partition(":")[0].lower().split(".")
    if labels[0] != "api" or labels[-2:] != ["twilio", "com"]:
        return None
    return labels[-3] if len(labels) > 3 else "us1"


async def _form(request: Request) -> dict[str, list[str]]:
    body = (await request.body()).decode("utf-8", "replace")
    return parse_qs(body, keep_blank_values=True)


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal():
        raise RestError(20001, f"{name} is a whole number")
    return int(text)


async def _within(limit_s: float, event: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await event.wait()
    except TimeoutError:
        return


async def _silence(request: Request, limit_s: float) -> Response:
    """Send no answer until the client goes away or the limit is over; then a bare 504, as from a lost gateway."""
    try:
        async with asyncio.timeout(limit_s):
            while (await request.receive())["type"] != "http.disconnect":
                continue
    except TimeoutError:
        return Response(status_code=504)
    return Response(status_code=504)
