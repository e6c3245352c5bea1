"""An operation of the API, written once: the routes and the OpenAPI document are both made from it."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field

from pydantic import BaseModel

from services.webhook.api.auth import ShopRequestHandler
from services.webhook.http.problems import ProblemKind

JsonSchema = Mapping[str, object]
TEXT: JsonSchema = {"type": "string"}
_BODY_PROBLEMS = (
    ProblemKind.INVALID_JSON,
    ProblemKind.BODY_TOO_LARGE,
    ProblemKind.UNSUPPORTED_MEDIA_TYPE,
    ProblemKind.VALIDATION_FAILED,
)


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


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The JSON that a request carries: its model, and an example of it."""

    model: type[BaseModel]
    example: object
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """A path of the API and its section of the document, with the parameters and problems of every operation on it."""

    path: str
    tag: str
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[ProblemKind, ...] = ()

    def below(self, path: str, *, parameters: tuple[Parameter, ...] = (), problems: tuple[ProblemKind, ...] = ()) -> "Resource":
        """Return the resource at `path` under this one; it has the parameters and problems of this one too."""
        return Resource(f"{self.path}/{path}", self.tag, (*self.parameters, *parameters), (*self.problems, *problems))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation on a resource: its method, its handler, and what the OpenAPI document says about it.

    `parameters` and `problems` are those that other operations on the resource do not have.
    """

    resource: Resource
    method: str
    handler: ShopRequestHandler
    _: KW_ONLY
    id: str
    summary: str
    responses: Mapping[int, ResponseSpec]
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    problems: tuple[ProblemKind, ...] = ()

    @property
    def path(self) -> str:
        """The path, with the names of its parameters in braces."""
        return self.resource.path

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the resource, then the operation's own."""
        return (*self.resource.parameters, *self.parameters)

    @property
    def all_problems(self) -> tuple[ProblemKind, ...]:
        """The problems of a body, if there is one, those of the resource, and the operation's own."""
        return (*(_BODY_PROBLEMS if self.body else ()), *self.resource.problems, *self.problems)
