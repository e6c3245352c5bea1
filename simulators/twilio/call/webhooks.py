"""Twilio's requests to the customer's servers: signed and form-encoded, with Twilio's time limits and retries."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from simulators.twilio.call.request import Webhook

_USER_AGENT = "TwilioProxy/1.1"
_DEFAULTS = {"ct": "5000", "rt": "15000", "tt": "15000", "rc": "1", "rp": "ct"}


class WebhookFailedError(Exception):
    """There was no usable answer; `code` is from Twilio's error dictionary."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """The server's answer, whatever its status."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds and retries, from the URL's fragment (`#rc=2&rp=5xx,ct`) or Twilio's defaults.

    Source: Twilio, "Webhooks (HTTP callbacks): connection overrides".
    """

    connect_s: float
    read_s: float
    total_s: float
    retries: int
    retry_on: frozenset[str]

    def retries_status(self, status: int) -> bool:
        """Return whether a request is sent again after an answer with that status."""
        return status >= 400 and bool(self.retry_on & {f"{status // 100}xx", "all"})

    def retries_failure(self, kind: str) -> bool:
        """Return whether a request is sent again after a failure (`ct` to connect, `rt` to read)."""
        return bool(self.retry_on & {kind, "all"})


def limits_of(url: str) -> Limits:
    """Return the limits for a request to that URL."""
    wanted = _DEFAULTS | dict(parse_qsl(urlsplit(url).fragment))
    return Limits(
        connect_s=int(wanted["ct"]) / 1000,
        read_s=int(wanted["rt"]) / 1000,
        total_s=int(wanted["tt"]) / 1000,
        retries=int(wanted["rc"]),
        retry_on=frozenset(wanted["rp"].split(",")),
    )


def signed_url(url: str) -> str:
    """Return the part of the URL that the signature covers: without fragment and user, and over https without port.

    Source: Twilio, "Webhooks security: validating requests".
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme in ("https", "wss"):
        host = host.rpartition(":")[0] or host
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


class Webhooks:
    """Sends webhooks; the caller that created `client` closes it."""

    def __init__(self, auth_token: str, client: httpx.AsyncClient) -> None:
        self._validator = RequestValidator(auth_token)
        self._client = client

    def signature(self, url: str, parameters: Mapping[str, str]) -> str:
        """Return the `X-Twilio-Signature` of a request to exactly that URL."""
        return str(self._validator.compute_signature(url, dict(parameters)))

    async def send(self, webhook: Webhook, parameters: Mapping[str, str], *, token: str | None = None) -> WebhookAnswer:
        """Send a signed request, and retry it as the URL's limits say, with the same idempotency token each time.

        Raises:
            WebhookFailedError: There was no answer.
        """
        limits = limits_of(webhook.url)
        url = urlsplit(webhook.url)._replace(fragment="").geturl()
        if webhook.method == "GET" and parameters:
            url += ("&" if "?" in url else "?") + urlencode(parameters)
        form = {} if webhook.method == "GET" else dict(parameters)
        headers = {
            "User-Agent": _USER_AGENT,
            "X-Twilio-Signature": self.signature(signed_url(url), form),
            "I-Twilio-Idempotency-Token": token or secrets.token_hex(16),
        }
        request = self._client.build_request(webhook.method, url, data=form or None, headers=headers)
        for left in range(limits.retries, -1, -1):
            try:
                answer = await self._try(request, limits)
            except _NoAnswerError as failure:
                if left and limits.retries_failure(failure.kind):
                    continue
                raise WebhookFailedError(failure.code, str(failure)) from failure
            if not left or not limits.retries_status(answer.status):
                return answer
        raise AssertionError("the last try returns or raises")

    async def fetch(self, url: str) -> WebhookAnswer:
        """Get a file, as `<Play>` does.

        Raises:
            WebhookFailedError: There was no answer.
        """
        request = self._client.build_request("GET", url, headers={"User-Agent": _USER_AGENT})
        try:
            return await self._try(request, limits_of(url))
        except _NoAnswerError as failure:
            raise WebhookFailedError(failure.code, str(failure)) from failure

    async def _try(self, request: httpx.Request, limits: Limits) -> WebhookAnswer:
        request.extensions["timeout"] = httpx.Timeout(limits.read_s, connect=limits.connect_s).as_dict()
        try:
            async with asyncio.timeout(limits.total_s):
                answer = await self._client.send(request, follow_redirects=True)
        except (httpx.ConnectTimeout, httpx.ConnectError) as problem:
            raise _NoAnswerError(11205, "ct", problem) from problem
        except httpx.TooManyRedirects as problem:
            raise _NoAnswerError(11215, "", problem) from problem
        except httpx.RemoteProtocolError as problem:
            raise _NoAnswerError(11206, "", problem) from problem
        except (httpx.HTTPError, TimeoutError) as problem:
            raise _NoAnswerError(11200, "rt", problem) from problem
        content_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return WebhookAnswer(answer.status_code, content_type, answer.content)


class _NoAnswerError(Exception):
    def __init__(self, code: int, kind: str, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}")
        self.code = code
        self.kind = kind
