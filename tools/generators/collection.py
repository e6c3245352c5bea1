"""Writes docs/postman.json from the OpenAPI document: a collection for Postman, and for Bruno, which imports it."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx

from services.webhook.app import make_app
from services.webhook.settings import WebhookSettings
from shared.runtime.health import Health
from shared.runtime.metrics import make_registry
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import parse_settings
from shared.store import connect

FILE = Path(__file__).resolve().parents[2] / "docs" / "postman.json"
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_SETTINGS = {
    "PUBLIC_URL": "http://127.0.0.1:5050",
    "API_KEYS": "shop:a-key-for-the-collection",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": "A" * 43 + "=",
    "TWILIO_AUTH_TOKEN": "none",
}
_VARIABLES = {
    "baseUrl": "http://127.0.0.1:5050",
    "apiKey": "test_CHANGE-ME",
    "phone": "+38344000101",
    "confirmation_id": "cnf_00000000000000000000000000",
    "endpoint_id": "whe_00000000000000000000000000",
}
# The variable that stores the `id` of an operation's answer for the requests after it.
_LEARNS = {"createConfirmation": "confirmation_id", "createWebhookEndpoint": "endpoint_id"}

JsonObject = dict[str, Any]  # Any: OpenAPI and Postman documents


def collection(described: JsonObject) -> JsonObject:
    """Return the collection of an OpenAPI document: a folder for each tag, in the order of the operations."""
    folders: dict[str, list[JsonObject]] = {tag["name"]: [] for tag in described["tags"]}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            folders[operation["tags"][0]].append(_item(path, method.upper(), operation))
    return {
        "info": {"name": described["info"]["title"], "description": described["info"]["description"], "schema": _SCHEMA},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{apiKey}}", "type": "string"}]},
        "variable": [{"key": name, "value": value} for name, value in _VARIABLES.items()],
        "item": [{"name": tag, "item": items} for tag, items in folders.items()],
    }


def text() -> str:
    """Return the file's whole text."""
    return json.dumps(collection(asyncio.run(_described())), ensure_ascii=False, indent=1) + "\n"


async def _described() -> JsonObject:
    """Return the application's OpenAPI document; the application needs no Redis for that."""
    settings = parse_settings(WebhookSettings, _SETTINGS)
    store = connect(settings.redis_url.get_secret_value(), dial_policy_from(settings))
    transport = httpx.ASGITransport(make_app(settings, store, Health(make_registry("webhook"))))
    async with httpx.AsyncClient(transport=transport, base_url=settings.public_url) as client:
        described: JsonObject = (await client.get("/openapi.json")).json()
    await store.close()
    return described


def _item(path: str, method: str, operation: JsonObject) -> JsonObject:
    is_endpoint = path.startswith("/v1/webhook-endpoints")
    path = path.replace("{id}", "{endpoint_id}" if is_endpoint else "{confirmation_id}")
    path = re.sub(r"\{(\w+)\}", r"{{\1}}", path)
    headers, body = _left_out(operation, "header"), operation.get("requestBody")
    request: JsonObject = {
        "method": method,
        "description": operation.get("description", operation["summary"]),
        "header": headers,
        "url": {
            "raw": "{{baseUrl}}" + path,
            "host": ["{{baseUrl}}"],
            "path": path.strip("/").split("/"),
            "query": _left_out(operation, "query"),
        },
    }
    if body is not None:
        example = body["content"]["application/json"]["examples"]["order"]["value"]
        raw = json.dumps(example, ensure_ascii=False, indent=2).replace("+38344123456", "{{phone}}")
        request["header"] = [*headers, {"key": "Content-Type", "value": "application/json"}]
        request["body"] = {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}
    item: JsonObject = {"name": operation["summary"], "request": request}
    learns = _LEARNS.get(operation["operationId"])
    if learns is not None:
        line = f'if (pm.response.code < 300) pm.collectionVariables.set("{learns}", pm.response.json().id);'
        item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": [line]}}]
    return item


def _left_out(operation: JsonObject, place: str) -> list[JsonObject]:
    """Return the optional parameters, disabled: the user switches one on with a click."""
    return [
        {"key": parameter["name"], "value": "", "disabled": True, "description": parameter["description"]}
        for parameter in operation["parameters"]
        if parameter["in"] == place
    ]


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), "utf-8")
    print(f"wrote {FILE}")


if __name__ == "__main__":
    main()
