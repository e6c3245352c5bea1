"""The AsyncAPI document of channels, stream and webhooks, made from the definitions that the OpenAPI document shows, too."""

import json
from typing import Any

from pydantic import TypeAdapter
from starlette.routing import Route

from services.webhook.api.events.event_models import EventAnswer, EventDataAnswer
from services.webhook.http.documents import serving
from services.webhook.http.method_routes import MethodRoutes, RequestHandler
from shared.core.lifecycle.envelope import DATASCHEMA_PATH
from shared.core.lifecycle.shop_event import EventType
from shared.store import keys

JsonObject = dict[str, Any]  # Any: JSON

_REF = "#/components/schemas/{model}"
_SHOP = {"shop": {"description": "The shop's name, as in API_KEYS.", "examples": ["shopaz"]}}
_LAST = (
    "The last event of each confirmation, as a message; and `confirmation.late_reply` if the customer phones within 48 hours after "
    "it, proves to know the order and adds something: `evidence` and `last_result` say what, the outcome never changes."
)
_READ = (
    "Read with `XREAD` from the last id you have dealt with, or in a consumer group (`XREADGROUP`, `XACK`, `XAUTOCLAIM`). Each "
    "event is seen at least once: drop what has a known `id`, or a `sequence` not above the last of its confirmation. Entries "
    "are removed with their confirmation (RETENTION_DAYS); one that a group has not acknowledged stays up to seven days longer."
)


def document() -> JsonObject:
    """Return the whole AsyncAPI 3.0 document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Order confirmation calls: events",
            "version": "1",
            "description": "Exactly one `confirmation.finished` for each confirmation, whatever happened. Pub/sub reaches those "
            "who listen at that moment; the stream is for those who must miss nothing.",
        },
        "defaultContentType": "application/json",
        "servers": {"redis": {"host": "127.0.0.1:6379", "protocol": "redis", "description": "REDIS_URL of the deployment."}},
        "channels": {
            "outcomes": _channel(keys.outcomes_channel("{shop}"), _LAST, "finished", "late_reply"),
            "outcomesLog": _channel(keys.outcomes_log("{shop}"), _READ, "finished", "late_reply")
            | {"x-redis": {"type": "stream", "field": "event"}},
            "events": _channel(
                keys.events_channel("{shop}"), "Every change of state, as a message.", *(_name(kind) for kind in EventType)
            ),
        },
        "operations": {
            "hearOutcomes": _operation("outcomes", "Hear outcomes as they come (SUBSCRIBE)."),
            "readOutcomes": _operation("outcomesLog", "Read every outcome at least once."),
            "hearEvents": _operation("events", "Hear every change of state (SUBSCRIBE)."),
        },
        "components": {
            "messages": {_name(kind): _message(kind) for kind in EventType},
            "schemas": _schemas(),
        },
    }


def data_schema(url: str) -> JsonObject:
    """Return the JSON schema of an event's `data`, to be found at `url`."""
    schema = TypeAdapter(EventDataAnswer).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": url, **schema}


def schema_routes(public_url: str) -> list[Route]:
    """Return the routes `/asyncapi.json`, and the schema that events name as their `dataschema`."""
    return [
        Route("/asyncapi.json", MethodRoutes({"GET": _serving(document())})),
        Route(
            DATASCHEMA_PATH, MethodRoutes({"GET": _serving(data_schema(public_url + DATASCHEMA_PATH), "application/schema+json")})
        ),
    ]


def _serving(value: JsonObject, media_type: str = "application/json") -> RequestHandler:
    return serving(lambda: json.dumps(value, ensure_ascii=False).encode(), {"content-type": media_type})


def _channel(address: str, description: str, *messages: str) -> JsonObject:
    return {
        "address": address,
        "description": description,
        "parameters": _SHOP,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
    }


def _operation(channel: str, summary: str) -> JsonObject:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _message(kind: EventType) -> JsonObject:
    return {
        "name": kind.value,
        "title": kind.value,
        "contentType": "application/json",
        "payload": {
            "allOf": [
                {"$ref": _REF.format(model="EventAnswer")},
                {"type": "object", "properties": {"type": {"const": kind.value}}},
            ]
        },
    }


def _name(kind: EventType) -> str:
    return kind.value.removeprefix("confirmation.")


def _schemas() -> JsonObject:
    schema = TypeAdapter(EventAnswer).json_schema(mode="serialization", ref_template=_REF)
    parts: JsonObject = schema.pop("$defs")
    return dict(sorted({**parts, "EventAnswer": schema}.items()))
