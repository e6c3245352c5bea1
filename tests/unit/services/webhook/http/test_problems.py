"""Errors as shops see them."""

import json

from services.webhook.http.problems import MAX_FAULTS, FieldFault, ProblemError, ProblemKind, faulty_fields


def test_a_problem_has_every_member_that_the_contract_names() -> None:
    response = ProblemError(ProblemKind.OPTED_OUT, "Why.", headers={"x-a": "b"}).response("req_1")
    assert (response.status_code, response.headers["content-type"]) == (409, "application/problem+json")
    assert response.headers["x-a"] == "b"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/opted-out",
        "title": "The number is on the do-not-call list",
        "status": 409,
        "detail": "Why.",
        "code": "opted_out",
        "request_id": "req_1",
    }


def test_faulty_fields_are_listed_up_to_a_limit() -> None:
    fault = FieldFault("/customer/phone", "invalid_phone", "must be a number")
    assert faulty_fields([fault]).document("r")["errors"] == [
        {"pointer": "/customer/phone", "code": "invalid_phone", "message": "must be a number"}
    ]
    assert len(faulty_fields([fault] * 1000).faults) == MAX_FAULTS


def test_every_kind_has_a_code_and_a_type_of_its_own() -> None:
    codes = [kind.code for kind in ProblemKind]
    assert len(set(codes)) == len(codes)
    for kind in ProblemKind:
        assert kind.type_uri == f"/problems/{kind.code.replace('_', '-')}"
        assert 400 <= kind.status < 600
