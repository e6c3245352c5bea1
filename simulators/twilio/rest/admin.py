"""The simulator's own pages under `/simulator/`: people, faults, inbound calls, and the ledger of what happened."""

import json
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from simulators.customer_script.parsing import ScriptError, as_json, parse_attempt, parse_script
from simulators.twilio.call.call import Call
from simulators.twilio.exchange.exchange import Exchange, inbound_request
from simulators.twilio.faults import FaultError, parse_faults
from simulators.twilio.ledger import Json, now_ms, wall_time
from simulators.twilio.rest.resource import call_resource
from simulators.twilio.rest.routes import RestApi

DEFAULT_LIMIT = 1_000


class AdminError(Exception):
    """A request that cannot be carried out: its HTTP status and the reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Admin:
    """The endpoints; they need no password, because the program serves only the person who started it."""

    def __init__(self, exchange: Exchange, rest: RestApi) -> None:
        self._exchange = exchange
        self._rest = rest

    def routes(self) -> list[Route]:
        """Return all routes."""
        table: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/simulator/health", self._health),
            ("DELETE", "/simulator", self._reset),
            ("GET", "/simulator/people", self._list_people),
            ("PUT", "/simulator/people/{phone}", self._put_person),
            ("DELETE", "/simulator/people/{phone}", self._delete_person),
            ("GET", "/simulator/faults", self._list_faults),
            ("PUT", "/simulator/faults", self._put_faults),
            ("POST", "/simulator/inbound-calls", self._call_in),
            ("GET", "/simulator/requests", self._list_requests),
            ("GET", "/simulator/calls", self._list_calls),
            ("GET", "/simulator/calls/{sid}", self._show_call),
            ("GET", "/simulator/calls/{sid}/media", self._show_media),
            ("GET", "/simulator/calls/{sid}/audio.wav", self._send_audio),
        ]
        return [Route(path, _checked(endpoint), methods=[method]) for method, path, endpoint in table]

    async def _health(self, _request: Request) -> Response:
        running = sum(not call.is_final for call in self._exchange.calls.values())
        return JSONResponse({"status": "ok", "now_ms": now_ms(), "now": wall_time(), "running": running})

    async def _reset(self, _request: Request) -> Response:
        self._exchange.reset()
        self._rest.requests.clear()
        return Response(status_code=204)

    async def _list_people(self, _request: Request) -> Response:
        return JSONResponse({phone: as_json(script) for phone, script in self._exchange.scripts.items()})

    async def _put_person(self, request: Request) -> Response:
        try:
            script = parse_script(await _json(request))
        except ScriptError as problem:
            raise AdminError(422, str(problem)) from problem
        self._exchange.scripts[request.path_params["phone"]] = script
        return JSONResponse(as_json(script))

    async def _delete_person(self, request: Request) -> Response:
        self._exchange.scripts.pop(request.path_params["phone"], None)
        return Response(status_code=204)

    async def _list_faults(self, _request: Request) -> Response:
        return JSONResponse(self._exchange.faults.as_json())

    async def _put_faults(self, request: Request) -> Response:
        try:
            self._exchange.faults = parse_faults(await _json(request))
        except FaultError as problem:
            raise AdminError(422, str(problem)) from problem
        return JSONResponse(self._exchange.faults.as_json())

    async def _call_in(self, request: Request) -> Response:
        wanted = await _json(request)
        if not isinstance(wanted, dict) or not {"from", "to"} <= set(wanted):
            raise AdminError(422, "`from` and `to` are required")
        voice_url = wanted.get("voice_url") or self._exchange.options.voice_url
        if not voice_url:
            raise AdminError(422, "the number has no voice webhook: give `voice_url` or start with --voice-url")
        try:
            attempt = parse_attempt(wanted["person"]) if "person" in wanted else None
        except ScriptError as problem:
            raise AdminError(422, str(problem)) from problem
        status_callback = wanted.get("status_callback", "")
        placed = inbound_request(wanted["to"], wanted["from"], voice_url=voice_url, status_callback=status_callback)
        call = self._exchange.place_inbound(placed, attempt)
        return JSONResponse(call.summary(), 201)

    async def _list_requests(self, _request: Request) -> Response:
        return JSONResponse({"requests": list(self._rest.requests)})

    async def _list_calls(self, request: Request) -> Response:
        query = request.query_params
        limit = int(query.get("limit", DEFAULT_LIMIT))
        wanted = {name: query[name] for name in ("to", "from", "status", "end_reason") if name in query}
        heads = (call.summary() for call in reversed(self._exchange.calls.values()))
        fitting = [head for head in heads if all(head[name] == value for name, value in wanted.items())]
        return JSONResponse({"now_ms": now_ms(), "total": len(fitting), "calls": fitting[:limit]})

    async def _show_call(self, request: Request) -> Response:
        call = self._find(request)
        options = self._exchange.options
        details: Json = call.summary() | {"request": call.raw, "resource": call_resource(call, options)}
        # the ledger's lists replace the counts of the summary
        return JSONResponse(details | call.ledger.as_json())

    async def _show_media(self, request: Request) -> Response:
        streams = self._find(request).ledger.streams
        return JSONResponse({"streams": [{"stream_sid": s.stream_sid, "media": s.media_log()} for s in streams]})

    async def _send_audio(self, request: Request) -> Response:
        folder = self._exchange.options.recordings
        path = folder / f"{self._find(request).sid}.wav" if folder else None
        if path is None or not path.exists():
            raise AdminError(404, "not recorded: start with --recordings FOLDER, and wait for the end of the call")
        return FileResponse(path, media_type="audio/wav")

    def _find(self, request: Request) -> Call:
        call = self._exchange.calls.get(request.path_params["sid"])
        if call is None:
            raise AdminError(404, "no such call")
        return call


def _checked(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except AdminError as error:
            return JSONResponse({"error": str(error)}, error.status)

    return answer


async def _json(request: Request) -> object:
    try:
        content: object = json.loads(await request.body())
    except ValueError as problem:
        raise AdminError(400, f"no JSON: {problem}") from problem
    return content
