"""JSON answers: what their definitions have in common, and how one becomes a response.

An answer is a typed dictionary. It is encoded as it stands, and pydantic makes the schemas of the OpenAPI document from the
same definition.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
from pydantic import Field, JsonValue, with_config
from pydantic.fields import FieldInfo
from starlette.responses import Response
from typing_extensions import TypedDict  # pydantic takes `typing.TypedDict` only from Python 3.12 on

Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-25T08:00:00.000Z"])]
"""A time as `shared.core.lifecycle.envelope.timestamp` writes it."""


@with_config(extra="forbid")
class Answer(TypedDict):
    """Base of all answers: exactly these members; a value that is not known is null."""


def optional(description: str | None = None, *, default: JsonValue = None) -> FieldInfo:
    """Return what the schema says of a member that is left out when its value is `default`."""
    return FieldInfo(description=description, json_schema_extra={"default": default})


def one_of(choices: Iterable[str | int]) -> FieldInfo:
    """Return a schema that lists the values where the field stands, not under a name of their own."""
    return FieldInfo(json_schema_extra={"enum": list(choices)})


def json_response(answer: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response that carries `answer` as JSON; it is private, so no proxy keeps it."""
    body = msgspec.json.encode(answer)
    always = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(body, status, {**always, **(headers or {})})
