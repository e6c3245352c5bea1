"""The simulator's one port: the WebSocket API under /v1/realtime, the admin API under /simulator/."""

import asyncio
import hmac
import json
import time
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from simulators.openai_realtime.events.error_codes import close_reason, error_event
from simulators.openai_realtime.events.validators import Json
from simulators.openai_realtime.faults import FaultRules, Faults
from simulators.openai_realtime.hearing.phrase_recognizer import PhraseRecognizer
from simulators.openai_realtime.ledger import Ledger, SessionRecord, now_ms
from simulators.openai_realtime.session.expiry import LONGEST_SESSION_S
from simulators.openai_realtime.session.session import Session
from simulators.openai_realtime.session_context.conversation import new_id

_ABORT = "simulator.abort"
_LONGEST_QUERY = 200
_NOT_FOUND = JSONResponse({"error": "no such session"}, 404)


class BreakableProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol; in addition, the application can break the TCP connection (the peer sees 1006)."""

    async def run_asgi(self) -> None:
        """Serve the connection, with `simulator.abort` in the scope's extensions."""
        extensions: Any = self.scope["extensions"]  # Any: the type of the scope does not list this extension
        extensions[_ABORT] = self.transport.abort
        await super().run_asgi()


class _StarletteConnection:
    """A `channel.Connection` over a Starlette WebSocket; events sent after the end are discarded."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._is_open = True
        self.close_code = 1006

    async def send(self, event: Json) -> None:
        if not self._is_open:
            return
        try:
            await self._socket.send_text(json.dumps(event, ensure_ascii=False))
        except WebSocketDisconnect:
            self._is_open = False

    async def receive(self) -> str | bytes | None:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            self._is_open = False
            self.close_code = message.get("code", 1006)
            return None
        frame: str | bytes | None = message.get("text")
        return frame if frame is not None else message.get("bytes", b"")

    async def close(self, code: int, reason: str) -> None:
        if self._is_open:
            self._is_open = False
            await self._socket.close(code, reason)

    def abort(self) -> None:
        self._is_open = False
        self._socket.scope["extensions"][_ABORT]()


class Simulator:
    """All sessions of one running simulator, its ledger and its faults."""

    def __init__(self, *, api_key: str, usual: Faults) -> None:
        self._api_key = api_key
        self._usual = usual
        self._recognizer = PhraseRecognizer()
        self._running: dict[str, Session] = {}
        self.fault_rules = FaultRules(usual)
        self.ledger = Ledger()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection to `/v1/realtime`."""
        faults = self.fault_rules.at_start()
        await asyncio.sleep(faults.connect_delay_s)
        refusal = faults.refuse_handshake or (None if self._has_key(socket) else 401)
        if refusal is not None:
            self.ledger.refused_handshakes[refusal] += 1
            await socket.send_denial_response(_denial(refusal))
            return
        await socket.accept()
        problem = faults.start_error_code if faults.error_at_start else _query_problem(socket)
        if problem is not None:
            await _close_with_error(socket, problem)
            return
        record = self._open_record(socket, faults)
        connection = _StarletteConnection(socket)
        session = Session(
            connection,
            record=record,
            expires_at=int(time.time()) + LONGEST_SESSION_S,
            recognizer=self._recognizer,
            fault_rules=self.fault_rules,
            faults=faults,
        )
        self._running[record.id] = session
        try:
            await session.run()
        finally:
            del self._running[record.id]
            record.ended(by="client", code=connection.close_code)

    async def show_sessions(self, request: Request) -> Response:
        """`GET /simulator/sessions?containing=SHP-1`: return the ledger of the sessions whose instructions contain that text."""
        return JSONResponse(self.ledger.to_json(containing=request.query_params.get("containing", "")))

    async def clear_sessions(self, _request: Request) -> Response:
        """`DELETE /simulator/sessions`: forget the sessions that have ended."""
        self.ledger.clear()
        return Response(status_code=204)

    async def drop_session(self, request: Request) -> Response:
        """`POST /simulator/sessions/{id}/drop`: break that connection now (1006)."""
        session = self._running.get(request.path_params["id"])
        if session is None:
            return _NOT_FOUND
        session.drop()
        return Response(status_code=204)

    async def show_faults(self, _request: Request) -> Response:
        """`GET /simulator/faults`: return the faults of all sessions, and the rules."""
        return JSONResponse(self.fault_rules.to_json())

    async def replace_faults(self, request: Request) -> Response:
        """`PUT /simulator/faults` `{"usual": {…}, "rules": [{"faults", "match", "times"}]}`: replace the present faults."""
        try:
            body = await _object(request)
            fault_rules = FaultRules(self._usual.but(body.get("usual", {})))
            for rule in body.get("rules", []):
                fault_rules.add(rule)
        except ValueError as error:
            return _bad_request(error)
        self.fault_rules.usual, self.fault_rules.rules = fault_rules.usual, fault_rules.rules
        return JSONResponse(self.fault_rules.to_json())

    async def add_rule(self, request: Request) -> Response:
        """`POST /simulator/faults` `{"faults": {…}, "match": null, "times": 1}`: add a rule."""
        try:
            self.fault_rules.add(await _object(request))
        except ValueError as error:
            return _bad_request(error)
        return JSONResponse(self.fault_rules.to_json(), 201)

    async def clear_faults(self, _request: Request) -> Response:
        """`DELETE /simulator/faults`: remove all faults."""
        self.fault_rules.usual, self.fault_rules.rules = self._usual, []
        return Response(status_code=204)

    async def reset(self, request: Request) -> Response:
        """`DELETE /simulator/`: return to the state at the start."""
        await self.clear_faults(request)
        return await self.clear_sessions(request)

    def _has_key(self, socket: WebSocket) -> bool:
        given = socket.headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self._api_key}".encode())

    def _open_record(self, socket: WebSocket, faults: Faults) -> SessionRecord:
        asked = ("authorization", "openai-beta", "openai-organization", "openai-project", "openai-safety-identifier")
        record = SessionRecord(
            id=new_id("sess"),
            model=socket.query_params["model"],
            opened_ms=now_ms(),
            opened_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            headers={name: name in socket.headers for name in asked},
            faults=faults.model_dump(exclude_defaults=True),
        )
        self.ledger.sessions.append(record)
        return record


def application(simulator: Simulator) -> Starlette:
    """Return the application with the routes of the one port."""
    return Starlette(
        routes=[
            WebSocketRoute("/v1/realtime", simulator.serve),
            Route("/simulator/sessions", simulator.show_sessions, methods=["GET"]),
            Route("/simulator/sessions", simulator.clear_sessions, methods=["DELETE"]),
            Route("/simulator/sessions/{id}/drop", simulator.drop_session, methods=["POST"]),
            Route("/simulator/faults", simulator.show_faults, methods=["GET"]),
            Route("/simulator/faults", simulator.replace_faults, methods=["PUT"]),
            Route("/simulator/faults", simulator.add_rule, methods=["POST"]),
            Route("/simulator/faults", simulator.clear_faults, methods=["DELETE"]),
            Route("/simulator/", simulator.reset, methods=["DELETE"]),
        ]
    )


def _query_problem(socket: WebSocket) -> str | None:
    if "openai-beta" in socket.headers:
        return "beta_api_shape_disabled"
    if socket.query_params.get("intent") not in (None, "transcription"):
        return "invalid_intent"
    model = socket.query_params.get("model", "")
    return None if 0 < len(model) <= _LONGEST_QUERY else "missing_model"


async def _close_with_error(socket: WebSocket, code: str) -> None:
    """Send an error event, then close with 4000 and the reason `<type>.<code>`."""
    await socket.send_text(json.dumps({"event_id": new_id("event"), **error_event(code)}))
    await socket.close(4000, close_reason(code))


def _denial(status: int) -> Response:
    kind = {401: "invalid_request_error", 403: "invalid_request_error", 404: "invalid_request_error", 429: "requests"}.get(
        status, "server_error"
    )
    code = {401: "invalid_api_key", 403: "forbidden", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)
    message = "Incorrect API key provided." if status == 401 else "The connection was refused."
    error = {"message": message, "type": kind, "param": None, "code": code}
    return JSONResponse({"error": error}, status)


async def _object(request: Request) -> Json:
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")  # noqa: TRY004 - all invalid bodies raise the same kind of error
    return body


def _bad_request(error: ValueError) -> Response:
    return JSONResponse({"error": str(error)}, 400)
