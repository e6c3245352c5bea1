"""What the API offers: each operation once, with all that its description needs. The routes and the OpenAPI come from here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from services.webhook.api.auth import ShopRespond
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
class Reply:
    """A good answer: its JSON model (None for no body), and the headers worth knowing."""

    description: str
    model: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One operation: `method` and `path`, who answers it, and what may be said about it."""

    method: str
    path: str
    respond: ShopRespond
    id: str
    tag: str
    summary: str
    replies: Mapping[int, Reply]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: type[BaseModel] | None = None
    needs_body: bool = True
    body_limit: int = 0
    example: object = None
    problems: tuple[ProblemKind, ...] = ()
