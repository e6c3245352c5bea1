"""The OpenAPI 3.1 document: made from the operations, the models of the bodies, and the definitions of the answers."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from services.webhook.api.openapi.operation import Operation, ResponseSpec
from services.webhook.http.problems import MEDIA_TYPE, ProblemAnswer, ProblemKind

_REF = "#/components/schemas/{model}"
_EVERYWHERE = (ProblemKind.UNAUTHORIZED, ProblemKind.TOO_MANY_REQUESTS, ProblemKind.INTERNAL_ERROR, ProblemKind.STORE_UNAVAILABLE)
_DESCRIPTION = """\
Post an order; the customer is phoned, and what they say or press comes back as the confirmation's outcome.

Errors are `application/problem+json` (RFC 9457): branch on `code`, log `request_id`. A `503` was not acknowledged; \
repeat it, with the same `Idempotency-Key`."""

JsonObject = dict[str, Any]  # Any: JSON


def document(operations: Sequence[Operation]) -> JsonObject:
    """Return the whole document as a JSON object."""
    paths: dict[str, JsonObject] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Order confirmation calls", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.resource.tag for operation in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "One of the shop's API keys."}},
            "schemas": _schemas(operations),
        },
    }


def _operation(operation: Operation) -> JsonObject:
    made: JsonObject = {
        "operationId": operation.id,
        "tags": [operation.resource.tag],
        "summary": operation.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.place == "path",
                "description": parameter.description,
                "schema": dict(parameter.schema),
            }
            for parameter in operation.all_parameters
        ],
        "responses": {str(status): _response(spec) for status, spec in sorted(operation.responses.items())}
        | _problems((*operation.all_problems, *_EVERYWHERE)),
    }
    if operation.description:
        made["description"] = operation.description
    if operation.body is not None:
        content = {"schema": _ref(operation.body.model), "examples": {"order": {"value": operation.body.example}}}
        made["requestBody"] = {"required": operation.body.is_required, "content": {"application/json": content}}
    return made


def _response(spec: ResponseSpec) -> JsonObject:
    made: JsonObject = {"description": spec.description}
    if spec.headers:
        made["headers"] = {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in spec.headers.items()}
    if spec.answer is not None:
        is_json = spec.media_type == "application/json"
        schema = _ref(spec.answer) if is_json else {"type": "string", "contentSchema": _ref(spec.answer)}
        made["content"] = {spec.media_type: {"schema": schema}}
    return made


def _problems(kinds: Iterable[ProblemKind]) -> dict[str, JsonObject]:
    by_status: dict[int, list[ProblemKind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": "; ".join(f"`{kind.code}`: {kind.title}" for kind in kinds),
            "content": {MEDIA_TYPE: {"schema": _ref(ProblemAnswer)}},
        }
        for status, kinds in sorted(by_status.items())
    }


def _ref(model: type[object]) -> JsonObject:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas(operations: Sequence[Operation]) -> JsonObject:
    models: dict[type[object], JsonSchemaMode] = {ProblemAnswer: "serialization"}
    for operation in operations:
        if operation.body is not None:
            models[operation.body.model] = "validation"
        models |= {spec.answer: "serialization" for spec in operation.responses.values() if spec.answer is not None}
    inputs = [(model.__name__, mode, TypeAdapter(model)) for model, mode in models.items()]
    _, definitions = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    schemas: JsonObject = definitions["$defs"]
    return schemas
