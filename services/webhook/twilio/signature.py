"""Whether a request comes from Twilio: its signature over the public URL and the form, checked by the official validator."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from prometheus_client import CollectorRegistry, Counter
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from twilio.request_validator import (  # type: ignore[import-untyped]  # Twilio ships no types
    RequestValidator,
    get_signature_algorithm,
)

from services.webhook.http.body import read_body
from services.webhook.http.problems import ProblemError, ProblemKind
from shared.twilio.callback_urls import CONNECTION_OVERRIDES

SIGNATURE_HEADER = "x-twilio-signature"
_SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
_FORM = "application/x-www-form-urlencoded"


class SignedForms:
    """Reads the forms that Twilio posts, and refuses all else.

    The URL is rebuilt from the public origin and the path as it arrived, byte by byte, never from the Host header.
    Whether the fragment with the connection overrides is signed too is not documented, so both are tried.
    """

    def __init__(self, *, public_url: str, auth_tokens: tuple[str, ...], registry: CollectorRegistry) -> None:
        self._public_url = public_url
        self._validators = tuple(RequestValidator(token) for token in auth_tokens)
        self._refused = Counter(
            "twilio_signatures_refused", "Requests to Twilio's paths that Twilio did not sign.", registry=registry
        )

    async def read(self, request: Request) -> Mapping[str, str]:
        """Return the form's fields.

        Raises:
            ProblemError: The request is not signed by Twilio (403), or its body is too large.
        """
        body = await read_body(request)
        fields = ImmutableMultiDict(_fields(request, body))
        if not self._is_signed(request, fields):
            self._refused.inc()
            detail = "X-Twilio-Signature does not fit this URL and form; check PUBLIC_URL and TWILIO_AUTH_TOKEN."
            raise ProblemError(ProblemKind.INVALID_SIGNATURE, detail)
        return fields

    def _is_signed(self, request: Request, fields: ImmutableMultiDict[str, str]) -> bool:
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if not signature or not signature.isascii():
            return False
        algorithm = get_signature_algorithm(request.headers.get(_SETTINGS_HEADER))
        url = self._public_url + _target(request)
        return any(
            validator.validate(spelling, fields, signature, algorithm)
            for validator in self._validators
            for spelling in (url, url + CONNECTION_OVERRIDES)
        )


def _fields(request: Request, body: bytes) -> list[tuple[str, str]]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in {_FORM, ""}:
        return []
    return parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True)


def _target(request: Request) -> str:
    """Return path and query as they stood in the request line."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
