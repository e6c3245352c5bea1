"""Whether a request comes from Twilio: its signature over the public URL and the form, checked by the official validator."""

import re
from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter
from starlette.requests import Request
from twilio.request_validator import (  # type: ignore[import-untyped]  # Twilio ships no types
    RequestValidator,
    get_signature_algorithm,
)

from services.webhook.http.body import read_body
from services.webhook.http.problems import ProblemError, ProblemKind
from services.webhook.twilio.form import Form, parse_form
from shared.twilio.callback_urls import CONNECTION_OVERRIDES

SIGNATURE_HEADER = "x-twilio-signature"
_SETTINGS_HEADER = "x-twilio-webhooks-signature-settings"
_FORM = "application/x-www-form-urlencoded"
_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=", re.ASCII)  # Base64 of an HMAC by SHA-1, or by SHA-256


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
            ProblemError: The request is not signed by Twilio (403; without a signature of the right form before the body is
                read), or its body is too large or has too many fields.
        """
        signatures = request.headers.getlist(SIGNATURE_HEADER)
        if len(signatures) != 1 or not _SIGNATURE.fullmatch(signatures[0]):
            raise self._refusal("Twilio signs each request with one X-Twilio-Signature.")
        form = _form(request, await read_body(request))
        if not self._is_signed(request, form, signatures[0]):
            raise self._refusal("X-Twilio-Signature does not fit this URL and form; check PUBLIC_URL and TWILIO_AUTH_TOKEN.")
        return form

    def _is_signed(self, request: Request, form: Form, signature: str) -> bool:
        algorithm = get_signature_algorithm(request.headers.get(_SETTINGS_HEADER))
        url = self._public_url + _target(request)
        return any(
            validator.validate(spelling, form, signature, algorithm)
            for validator in self._validators
            for spelling in (url, url + CONNECTION_OVERRIDES)
        )

    def _refusal(self, detail: str) -> ProblemError:
        self._refused.inc()
        return ProblemError(ProblemKind.INVALID_SIGNATURE, detail)


def _form(request: Request, body: bytes) -> Form:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return parse_form(body) if media_type in {_FORM, ""} else Form({})


def _target(request: Request) -> str:
    """Return path and query as they stood in the request line."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
