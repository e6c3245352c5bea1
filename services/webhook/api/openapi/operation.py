"""An operation of the API, written once: the routes and the OpenAPI document are both made from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from services.webhook.api.auth import ShopRequestHandler
from services.webhook.http.problems import ProblemKind

JsonSchema = Mapping[str, object]
TEXT: JsonSchema = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in the query, the path or a header."""

    name: str
    place: str
    description: str
    schema: JsonSchema = field(default_factory=lambda: TEXT)


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """A response that is no problem: the definition of its JSON (None: no body), and the headers that are described."""

    description: str
    answer: type[object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: `method` and `path`, the handler, and what the OpenAPI document says about it."""

    method: str
    path: str
    handler: ShopRequestHandler
    id: str
    tag: str
    summary: str
    responses: Mapping[int, ResponseSpec]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    needs_body: bool = True
    example: object = None
    problems: tuple[ProblemKind, ...] = ()
