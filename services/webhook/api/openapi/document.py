"""The OpenAPI 3.1 document, made from the operations and the very models that validate."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from services.webhook.api.openapi.operation import Op, Reply
from services.webhook.api.response_models import ProblemAnswer
from services.webhook.http.problems import MEDIA_TYPE, ProblemKind

_REF = "#/components/schemas/{model}"
_EVERYWHERE = (ProblemKind.UNAUTHORIZED, ProblemKind.TOO_MANY_REQUESTS, ProblemKind.INTERNAL_ERROR, ProblemKind.STORE_UNAVAILABLE)
_DESCRIPTION = """\
Post an order; the customer is phoned, and what they say or press comes back as the confirmation's outcome.

Errors are `application/problem+json` (RFC 9457): branch on `code`, log `request_id`. A `503` was not acknowledged; \
repeat it, with the same `Idempotency-Key`."""

JsonObject = dict[str, Any]


def document(operations: Sequence[Op]) -> JsonObject:
    """Return the whole document as a JSON object."""
    paths: dict[str, JsonObject] = {}
    for op in operations:
        paths.setdefault(op.path, {})[op.method.lower()] = _operation(op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Order confirmation calls", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(op.tag for op in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "One of the shop's API keys."}},
            "schemas": _schemas(operations),
        },
    }


def _operation(op: Op) -> JsonObject:
    made: JsonObject = {
        "operationId": op.id,
        "tags": [op.tag],
        "summary": op.summary,
        "parameters": [
            {
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.place == "path",
                "description": parameter.description,
                "schema": dict(parameter.schema),
            }
            for parameter in op.parameters
        ],
        "responses": {str(status): _reply(reply) for status, reply in sorted(op.replies.items())}
        | _problems((*op.problems, *_EVERYWHERE)),
    }
    if op.description:
        made["description"] = op.description
    if op.body is not None:
        content = {"schema": _ref(op.body), "examples": {"order": {"value": op.example}}}
        made["requestBody"] = {"required": op.needs_body, "content": {"application/json": content}}
    return made


def _reply(reply: Reply) -> JsonObject:
    made: JsonObject = {"description": reply.description}
    if reply.headers:
        made["headers"] = {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in reply.headers.items()}
    if reply.model is not None:
        is_json = reply.media_type == "application/json"
        schema = _ref(reply.model) if is_json else {"type": "string", "contentSchema": _ref(reply.model)}
        made["content"] = {reply.media_type: {"schema": schema}}
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


def _ref(model: type[BaseModel]) -> JsonObject:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas(operations: Sequence[Op]) -> JsonObject:
    models: dict[type[BaseModel], JsonSchemaMode] = {ProblemAnswer: "serialization"}
    for op in operations:
        if op.body is not None:
            models[op.body] = "validation"
        models |= {reply.model: "serialization" for reply in op.replies.values() if reply.model is not None}
    _, definitions = models_json_schema(list(models.items()), ref_template=_REF, by_alias=True)
    schemas: JsonObject = definitions["$defs"]
    return schemas
