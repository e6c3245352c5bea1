"""Errors as `application/problem+json` (RFC 9457): one list of kinds, each with a stable code. No problem repeats a value."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, NotRequired

from pydantic import Field, with_config
from starlette.responses import Response
from typing_extensions import TypedDict

from services.webhook.http.answers import Answer, optional
from shared.core.errors import ConfirmerError

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 50


class ProblemKind(Enum):
    """The kinds of problems: code, HTTP status and title."""

    BAD_REQUEST = ("bad_request", 400, "The request is not valid")
    INVALID_JSON = ("invalid_json", 400, "The body is not valid JSON")
    INVALID_PARAMETER = ("invalid_parameter", 400, "A parameter is not valid")
    INVALID_IDEMPOTENCY_KEY = ("invalid_idempotency_key", 400, "The Idempotency-Key header is not valid")
    UNAUTHORIZED = ("unauthorized", 401, "A valid API key is needed")
    INVALID_SIGNATURE = ("invalid_signature", 403, "The request is not signed by Twilio")
    LIVE_KEY_NEEDED = ("live_key_needed", 403, "A live API key is needed")
    NOT_FOUND = ("not_found", 404, "There is nothing here")
    METHOD_NOT_ALLOWED = ("method_not_allowed", 405, "The method is not allowed here")
    BODY_TIMEOUT = ("body_timeout", 408, "The body took too long to arrive")
    ALREADY_OPEN = ("already_open", 409, "The order has an open confirmation")
    OPTED_OUT = ("opted_out", 409, "The number is on the do-not-call list")
    ALREADY_DECIDED = ("already_decided", 409, "The customer has decided")
    ALREADY_FINISHED = ("already_finished", 409, "The confirmation is finished")
    TOO_MANY_ENDPOINTS = ("too_many_endpoints", 409, "The shop has as many webhook endpoints as it may have")
    IDEMPOTENCY_KEY_IN_USE = ("idempotency_key_in_use", 409, "The first request is still in hand")
    ERASED = ("erased", 410, "The confirmation has been erased")
    BODY_TOO_LARGE = ("body_too_large", 413, "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported_media_type", 415, "The body must be application/json")
    VALIDATION_FAILED = ("validation_failed", 422, "The request has faulty fields")
    IDEMPOTENCY_KEY_REUSED = ("idempotency_key_reused", 422, "The idempotency key was used for another request")
    TOO_MANY_REQUESTS = ("too_many_requests", 429, "Too many requests")
    QUOTA_USED = ("quota_used", 429, "The shop, or the key, has as many at once as it may have")
    INTERNAL_ERROR = ("internal_error", 500, "Something went wrong on our side")
    STORE_UNAVAILABLE = ("store_unavailable", 503, "The store is away")
    TOO_MANY_STREAMS = ("too_many_streams", 503, "This process has no room for another event stream")
    DRAINING = ("draining", 503, "The process is about to stop")

    def __init__(self, code: str, status: int, title: str) -> None:
        self.code = code
        self.status = status
        self.title = title

    @property
    def type_uri(self) -> str:
        """The problem's `type`: a path under which the service explains it, the same in every deployment."""
        return f"/problems/{self.code.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One faulty field: its JSON pointer (RFC 6901), the code of the rule that it breaks, and what is allowed."""

    pointer: str
    code: str
    message: str


class FaultAnswer(Answer):
    """One faulty field."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901) into the body.", examples=["/customer/phone"])]
    code: Annotated[str, Field(examples=["invalid_phone"])]
    message: str


@with_config(extra="allow")
class ProblemAnswer(TypedDict):
    """An error (RFC 9457). `code` is stable; some kinds have further members."""

    type: Annotated[str, Field(examples=["/problems/validation-failed"])]
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: NotRequired[Annotated[list[FaultAnswer] | None, optional("Only where fields are faulty.")]]


class ProblemError(ConfirmerError):
    """A request that is answered with a problem.

    `extra` are further members of the problem, `headers` of its response.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: str,
        *,
        faults: Sequence[FieldFault] = (),
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.code)
        self.kind = kind
        self.detail = detail
        self.faults = tuple(faults[:MAX_FAULTS])
        self.extra = dict(extra or {})
        self.headers = dict(headers or {})

    def document(self, request_id: str) -> ProblemAnswer:
        """Return the problem as a JSON object."""
        document: ProblemAnswer = {
            "type": self.kind.type_uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "code": self.kind.code,
            "request_id": request_id,
        }
        if self.faults:
            document["errors"] = [{"pointer": fault.pointer, "code": fault.code, "message": fault.message} for fault in self.faults]
        document.update(self.extra)  # type: ignore[typeddict-item]  # RFC 9457, 3.2: a problem may have further members
        return document

    def response(self, request_id: str) -> Response:
        """Return the problem as a response."""
        body = json.dumps(self.document(request_id), ensure_ascii=False).encode()
        return Response(body, self.kind.status, {**self.headers, "content-type": MEDIA_TYPE})


def faulty_fields(faults: Sequence[FieldFault], *, count: int | None = None) -> ProblemError:
    """Return the problem of a body that is JSON but breaks rules; `count` is the number of faults if not all are given."""
    there_are = count or len(faults)
    fields = "field" if there_are == 1 else "fields"
    return ProblemError(ProblemKind.VALIDATION_FAILED, f"{there_are} faulty {fields}: see errors.", faults=faults)
