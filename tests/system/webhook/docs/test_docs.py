"""The API describes itself, and does what it describes."""

from typing import Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.core.lifecycle.facts import AttemptBegun, CallAnswered, CallEnded, VerdictGiven
from shared.core.outcome import VerdictKind
from tests.support.orders import verdict
from tests.support.webhook.service import DescribedAnswer, Service, body, small_body


async def test_the_description_is_valid_openapi(described: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(described).validate()
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {
        "/v1/audit",
        "/v1/confirmations",
        "/v1/confirmations/bulk",
        "/v1/confirmations/preview",
        "/v1/confirmations/{id}",
        "/v1/confirmations/{id}/events",
        "/v1/confirmations/{id}/transcript",
        "/v1/customers/{phone}",
        "/v1/events",
        "/v1/opt-outs",
        "/v1/opt-outs/{phone}",
        "/v1/webhook-endpoints",
        "/v1/webhook-endpoints/{id}",
        "/v1/webhook-endpoints/{id}/dead-letters",
        "/v1/webhook-endpoints/{id}/dead-letters/resend",
        "/v1/webhook-endpoints/{id}/rotate-secret",
    }


async def test_its_examples_fit_its_own_schemas_and_are_taken(service: Service, described: dict[str, Any]) -> None:
    for path, operations in described["paths"].items():
        request = operations.get("post", {}).get("requestBody")
        if request is None:
            continue
        content = request["content"]["application/json"]
        example = content["examples"]["order"]["value"]
        schema = {**content["schema"], "components": described["components"]}
        Draft202012Validator(schema).validate(example)
        if "{" not in path:
            assert (await service.client.post(path, json=example)).status_code in {200, 201, 202}


async def test_confirmations_in_every_state_are_as_described(service: Service, described_answer: DescribedAnswer) -> None:
    made = await service.submit(body(call={"window": "00:00-24:00", "not_before": "2026-11-01T00:00:00Z"}))
    path = f"/v1/confirmations/{made['id']}"
    decided = verdict(VerdictKind.CANCELLED)
    for make_fact in (
        lambda now: AttemptBegun(now, "att_1", "+38344000000"),
        lambda now: CallAnswered(now, "att_1", "CA1"),
        lambda now: VerdictGiven(now, "att_1", decided),
        lambda now: CallEnded(now, "att_1", None, "CA1", 30),
    ):
        described_answer("ConfirmationAnswer", (await service.client.get(path)).json())
        await service.store.confirmations.apply(made["id"], make_fact)
    described_answer("ConfirmationAnswer", (await service.client.get(path)).json())
    described_answer("PageAnswer", (await service.client.get("/v1/confirmations")).json())
    items = {"items": [small_body(), small_body(phone="044")]}
    described_answer("BulkAnswer", (await service.client.post("/v1/confirmations/bulk", json=items)).json())
    described_answer("PreviewAnswer", (await service.client.post("/v1/confirmations/preview", json=body())).json())
    described_answer("ProblemAnswer", (await service.client.get("/v1/nothing")).json())


async def test_the_page_needs_nothing_from_elsewhere(service: Service) -> None:
    page = await service.client.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http" not in page.text.replace("http-equiv", "")
    for name in ("docs.js", "swagger-ui/swagger-ui-bundle.js", "swagger-ui/swagger-ui.css"):
        assert f"/docs/static/{name}" in page.text
        assert (await service.client.get(f"/docs/static/{name}")).status_code == 200
    missing = await service.client.get("/docs/static/../app.py")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


async def test_the_type_of_a_problem_leads_to_its_meaning(service: Service) -> None:
    problem = (await service.client.get("/v1/nothing")).json()
    assert "not_found" in (await service.client.get(problem["type"])).text
    assert (await service.client.get("/problems/none-of-ours")).status_code == 404
