"""Does Twilio's part outside the stream: posts an order, signs its customer's call, reads the TwiML, reports the call's end."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # Twilio ships no types

from simulators.twilio.call.call import new_sid
from simulators.twilio.media.stream_frames import Identity
from simulators.twilio.twiml.parser import TwimlError, parse
from simulators.twilio.twiml.verbs import ConnectStream, Verb
from tools.mic_client.options import Options, System, UsageError

Json = dict[str, Any]  # Any: an object of the API as JSON

_TIMEOUT_S = 15
_HOUR = timedelta(hours=1)
_TOLD_LATE_S = 8.0
"""The limit in seconds for the outcome to be recorded after the call's end."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a stream needs: its URL, its ids, the TwiML's parameters, the handshake's signature and the next URL."""

    url: str
    identity: Identity
    parameters: dict[str, str]
    signature: str
    action: str | None = None


def direct_invitation(options: Options) -> Invitation:
    """Return the invitation for a call without an order."""
    identity = Identity("AC" + "0" * 32, options.call_sid or new_sid("CA"), new_sid("MZ"))
    parameters = {"token": options.token} if options.token else {}
    return Invitation(options.ws_url or "", identity, parameters, "")


class Booking:
    """One order and the call from its customer to us. `confirmation_id` is empty until `make` has run."""

    def __init__(self, system: System, options: Options, client: httpx.AsyncClient) -> None:
        self._system = system
        self._options = options
        self._client = client
        self._validator = RequestValidator(system.auth_token)
        self._call_sid = new_sid("CA")
        self._phone = options.phone or f"+383449{secrets.randbelow(100_000):05}"
        self._began_s = time.monotonic()
        self.confirmation_id = ""

    async def make(self) -> Invitation:
        """Post the order, and make the call about it.

        Raises:
            UsageError: The system cannot be reached or refuses the call; the message says why.
        """
        try:
            await self._post_order()
            verbs = await self._voice("/incoming-call", "ringing")
        except httpx.HTTPError as error:
            text = f"{self._system.origin} can't be reached ({type(error).__name__}): is `make run-local` or `make run` up?"
            raise UsageError(text) from error
        connect = next((verb for verb in verbs if isinstance(verb, ConnectStream)), None)
        if connect is None:
            raise UsageError("the answer to /incoming-call holds no <Connect><Stream>: the order was not found")
        url = self._options.ws_url or connect.url
        identity = Identity(self._system.account_sid, self._call_sid, new_sid("MZ"))
        return Invitation(url, identity, dict(connect.parameters), self._sign(connect.url, {}), connect.action)

    async def go_on(self, invitation: Invitation) -> tuple[Verb, ...]:
        """Ask for the next TwiML, as Twilio does when the stream has ended, and return its verbs.

        Raises:
            UsageError: The system refuses the request.
        """
        return await self._voice(invitation.action or "", "in-progress")

    async def end(self) -> Json | None:
        """Report the call's end; return the confirmation. An undecided order is withdrawn, because nobody may phone that number."""
        seconds = str(round(time.monotonic() - self._began_s))
        await self._post_signed("/twilio/incoming-status", {**self._form("completed"), "CallDuration": seconds})
        confirmation = await self.confirmation()
        until = time.monotonic() + _TOLD_LATE_S
        while confirmation["status"] == "in_call" and time.monotonic() < until:
            await asyncio.sleep(0.3)
            confirmation = await self.confirmation()
        if confirmation["status"] != "finished":
            await self._client.delete(self._path(), headers=self._authorization())
        return confirmation

    async def confirmation(self) -> Json:
        """Return the confirmation as the API shows it."""
        answer = await self._client.get(self._path(), headers=self._authorization())
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    async def turns(self) -> list[Json]:
        """Return the transcript so far."""
        answer = await self._client.get(f"{self._path()}/transcript", headers=self._authorization())
        if answer.status_code != httpx.codes.OK:
            return []
        turns: list[Json] = answer.json()["turns"]
        return turns

    async def _post_order(self) -> None:
        not_before = datetime.now(UTC) + _HOUR
        body = {
            "order": {
                "id": f"MIC-{secrets.randbelow(100_000):05}",
                "total": "59.90",
                "currency": "EUR",
                "items": [{"name": "Kufje me valë", "quantity": 1}],
            },
            "company": self._options.company,
            "customer": {"phone": self._phone, "language": self._options.language},
            # only the call that this client makes itself: the order expires before the system might phone the number
            "call": {
                "not_before": not_before.isoformat(timespec="milliseconds"),
                "expires_at": (not_before + timedelta(milliseconds=1)).isoformat(timespec="milliseconds"),
            },
            "metadata": {"made_by": "mic_client"},
        }
        answer = await self._client.post(f"{self._system.origin}/v1/confirmations", json=body, headers=self._authorization())
        if answer.status_code != httpx.codes.ACCEPTED:
            raise UsageError(f"the order was refused: {answer.status_code} {_detail(answer)}")
        self.confirmation_id = answer.json()["id"]

    async def _voice(self, path: str, status: str) -> tuple[Verb, ...]:
        answer = await self._post_signed(path, self._form(status))
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise UsageError("our signature was refused: PUBLIC_URL and TWILIO_AUTH_TOKEN must be those of the running system")
        if not answer.is_success:
            raise UsageError(f"{path.partition('?')[0]} answered {answer.status_code} {_detail(answer)}")
        try:
            return parse(answer.content)
        except TwimlError as error:
            raise UsageError(f"the answer is no TwiML: {error}") from error

    async def _post_signed(self, path: str, form: dict[str, str]) -> httpx.Response:
        url = (path if "://" in path else self._system.origin + path).partition("#")[0]
        return await self._client.post(url, data=form, headers={"X-Twilio-Signature": self._sign(url, form)})

    def _sign(self, url: str, form: dict[str, str]) -> str:
        return str(self._validator.compute_signature(url, form))

    def _form(self, status: str) -> dict[str, str]:
        """Return the parameters that Twilio sends with each request. Source: Twilio docs, "TwiML Voice: request parameters"."""
        return {
            "CallSid": self._call_sid,
            "AccountSid": self._system.account_sid,
            "From": self._phone,
            "To": "+38344000001",
            "CallStatus": status,
            "ApiVersion": "2010-04-01",
            "Direction": "inbound",
        }

    def _path(self) -> str:
        return f"{self._system.origin}/v1/confirmations/{self.confirmation_id}"

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._system.api_key}"}


def open_client() -> httpx.AsyncClient:
    """Return the HTTP client for all requests of a call."""
    return httpx.AsyncClient(timeout=_TIMEOUT_S)


def _detail(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
    except ValueError:
        return ""
    faults = "; ".join(f"{fault['pointer']}: {fault['message']}" for fault in problem.get("errors", []))
    return faults or str(problem.get("detail", ""))
