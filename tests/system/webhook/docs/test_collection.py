"""The Postman collection is that of the API, and every request in it is one that the service takes."""

import asyncio
import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.webhook.service import Service
from tools.generators import collection

pytestmark = pytest.mark.system
_FAULTS = {400, 401, 405, 415, 422}


async def test_the_file_says_what_the_api_says() -> None:
    text = await asyncio.to_thread(collection.text)
    assert collection.FILE.read_text("utf-8") == text, "run python -m tools.generators.collection"


async def test_every_request_is_taken(service: Service) -> None:
    made = json.loads(collection.FILE.read_text("utf-8"))
    variables = {variable["key"]: variable["value"] for variable in made["variable"]} | {"baseUrl": ""}
    requests = [item for folder in made["item"] for item in folder["item"]]
    assert len(requests) >= 20
    for item in requests:
        if not item["request"]["url"]["raw"].endswith("/events"):  # these never end
            await send(service, item, variables)
    assert variables["endpoint_id"] != "whe_00000000000000000000000000"


async def send(service: Service, item: dict[str, Any], variables: dict[str, str]) -> None:
    request = item["request"]
    url = re.sub(r"\{\{(\w+)\}\}", lambda found: quote(variables[found[1]]), request["url"]["raw"])
    body = request.get("body", {}).get("raw")
    content = None if body is None else re.sub(r"\{\{(\w+)\}\}", lambda found: variables[found[1]], body)
    headers = {header["key"]: header["value"] for header in request["header"] if not header.get("disabled")}
    answer = await service.client.request(request["method"], url, content=content, headers=headers)
    assert answer.status_code < 500
    assert answer.status_code not in _FAULTS, f"{item['name']}: {answer.text}"
    for event in item.get("event", []):
        learnt = re.search(r'set\("(\w+)"', event["script"]["exec"][0])
        assert learnt
        variables[learnt[1]] = answer.json()["id"]
