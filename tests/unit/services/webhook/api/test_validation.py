"""Bodies that are refused say where, why and what is allowed, and never repeat the value."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.webhook.api.confirmations.requests import ConfirmationBody
from services.webhook.api.validation import validated
from services.webhook.http.problems import ProblemError
from tests.support.webhook.service import body, rules, small_body


def _faults(value: object, **environ: str) -> list[tuple[str, str]]:
    with pytest.raises(ProblemError) as caught:
        validated(ConfirmationBody, value, rules(**environ))
    assert caught.value.kind.code == "validation_failed"
    assert caught.value.__cause__ is None, "the cause would hold the values"
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_the_example_of_the_contract_is_valid() -> None:
    made = validated(ConfirmationBody, body(), rules())
    assert made.order.total == Decimal("59.90")
    assert made.call is not None
    assert str(made.call.window) == "09:00-20:00"


def test_what_is_required_is_enough_and_null_counts_as_left_out() -> None:
    validated(ConfirmationBody, small_body(), rules())
    nothing: dict[str, Any] = {"call": None, "metadata": None, "order__delivery": None, "order__items": None}
    validated(ConfirmationBody, body(**nothing, customer__name=None, customer__language=None), rules())
    call = dict.fromkeys(("window", "max_attempts", "retry_delays", "on_machine", "priority"))
    validated(ConfirmationBody, body(call=call), rules())


@pytest.mark.parametrize("value", [None, [], "x", 5, True])
def test_a_body_that_is_no_object_is_faulty_as_a_whole(value: object) -> None:
    assert _faults(value) == [("", "wrong_type")]


def test_all_faults_are_told_at_once() -> None:
    value = body(order__id="", company=7, customer__phone="044", call__priority="urgent", extra=1)
    assert _faults(value) == [
        ("/order/id", "blank"),
        ("/company", "wrong_type"),
        ("/customer/phone", "invalid_phone"),
        ("/call/priority", "not_allowed"),
        ("/extra", "unknown_field"),
    ]


def test_what_is_missing_is_named() -> None:
    assert _faults({}) == [("/order", "required"), ("/company", "required"), ("/customer", "required")]
    assert _faults({"order": {}, "company": "S", "customer": {}}) == [
        ("/order/id", "required"),
        ("/customer/phone", "required"),
    ]


def test_pointers_escape_what_json_pointers_escape() -> None:
    assert _faults(body(**{"a/b~c": 1})) == [("/a~1b~0c", "unknown_field")]
    assert _faults(body(order__items=[{"name": "x"}, {"name": "y", "sku": 1}])) == [("/order/items/1/sku", "unknown_field")]


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [
        ("order__id", "x" * 65, "too_long"),
        ("order__id", "a\x00b", "control_character"),
        ("order__id", 10482, "wrong_type"),
        ("order__total", 59.9, "wrong_type"),
        ("order__total", 59, "wrong_type"),
        ("order__total", "59,90", "invalid_amount"),
        ("order__total", "-1.00", "invalid_amount"),
        ("order__total", "1e3", "invalid_amount"),
        ("order__total", "059.90", "invalid_amount"),
        ("order__total", "59.901", "invalid_amount"),
        ("order__total", "١٢", "invalid_amount"),
        ("order__currency", "EURO", "invalid_currency"),
        ("order__currency", "eur", "invalid_currency"),
        ("order__currency", "XXX", "invalid_currency"),
        ("order__currency", None, "required"),
        ("order__total", None, "required"),
        ("order__items", {}, "wrong_type"),
        ("order__items", [{"name": "x"}] * 201, "too_many"),
        ("order__delivery__date", "25.11.2026", "invalid_date"),
        ("order__delivery__date", "2026-02-30", "invalid_date"),
        ("order__delivery__address", "x" * 501, "too_long"),
        ("company", " ", "blank"),
        ("company", "x" * 61, "too_long"),
        ("company", "<b> </b>&#8203;", "blank"),
        ("company", "123 456", "invalid_company"),
        ("company", "https://shop.example/win", "invalid_company"),
        ("company", "Keni fituar. Thirrni tani", "invalid_company"),
        ("company", "Shopaz\nMirupafshim", "invalid_company"),
        ("customer__name", "\u202e\u200b", "blank"),
        ("customer__phone", None, "wrong_type"),
        ("customer__phone", "+14155552671", "country_not_allowed"),
        ("customer__phone", "+3558001234", "number_type_not_allowed"),
        ("customer__language", "albanian please", "invalid_language"),
        ("customer__language", "fr", "language_not_spoken"),
        ("customer__timezone", "Tirana", "invalid_timezone"),
        ("customer__timezone", "../etc/passwd", "invalid_timezone"),
        ("customer__timezone", "Europe", "invalid_timezone"),
        ("call__expires_at", "2026-11-23T12:00:00Z", "in_the_past"),
        ("call__expires_at", "2020-01-01T00:00:00+01:00", "in_the_past"),
        ("call__expires_at", "2026-12-01T09:00:00", "invalid_time"),
        ("call__expires_at", "2026-12-01", "invalid_time"),
        ("call__expires_at", "0001-01-01T00:00:00+01:00", "invalid_time"),
        ("call__expires_at", 1795000000, "wrong_type"),
        ("call__not_before", "9999-12-31T23:59:59Z", "too_late"),
        ("call__window", "20:00-09:00", "invalid_window"),
        ("call__window", "09:00-09:00", "invalid_window"),
        ("call__window", "9-20", "invalid_window"),
        ("call__window", "09:00-25:00", "invalid_window"),
        ("call__days", "mo-fr", "invalid_days"),
        ("call__days", ["mon"], "wrong_type"),
        ("call__max_attempts", 0, "too_small"),
        ("call__max_attempts", 2.0, "wrong_type"),
        ("call__max_attempts", True, "wrong_type"),
        ("call__on_machine", "shout", "not_allowed"),
        ("call__retry_delays", [], "wrong_type"),
        ("metadata", {str(number): "x" for number in range(21)}, "too_many"),
        ("metadata", "x", "wrong_type"),
    ],
)
def test_what_a_field_does_not_take(place: str, value: object, code: str) -> None:
    assert _faults(body(**{place: value})) == [("/" + place.replace("__", "/"), code)]


@pytest.mark.parametrize(
    ("place", "value", "pointer", "code"),
    [
        ("metadata", {"a": 1}, "/metadata/a", "wrong_type"),
        ("metadata", {"x" * 101: "1"}, "/metadata/" + "x" * 100, "too_long"),
        ("call__retry_delays", {"busy": 0}, "/call/retry_delays/busy", "too_small"),
        ("call__retry_delays", {"busy": 1.5}, "/call/retry_delays/busy", "wrong_type"),
        ("call__retry_delays", {"confirmed": 60}, "/call/retry_delays/confirmed", "not_allowed"),
        ("order__items", [{"name": "x", "quantity": 0}], "/order/items/0/quantity", "too_small"),
        ("order__items", [{"quantity": 1}], "/order/items/0/name", "required"),
    ],
)
def test_faults_inside_lists_and_maps(place: str, value: object, pointer: str, code: str) -> None:
    assert _faults(body(**{place: value})) == [(pointer, code)]


def test_a_call_can_only_begin_before_it_expires() -> None:
    times = {"not_before": "2026-12-01T10:00:00+01:00", "expires_at": "2026-12-01T09:00:00Z"}
    assert _faults(body(call=times)) == [("/call/not_before", "after_expiry")]
    later = validated(ConfirmationBody, body(call={**times, "expires_at": "2026-12-01T09:00:01.5z"}), rules())
    assert later.call is not None
    assert later.call.expires_at == datetime(2026, 12, 1, 9, 0, 1, 500_000, tzinfo=UTC)


def test_a_number_in_zones_without_a_common_hour_needs_its_zone_named() -> None:
    anywhere = {"ALLOWED_COUNTRIES": "*", "CALL_WINDOW": "09:00-18:00"}
    number = "+79161234567"  # a Russian mobile: eleven zones, ten hours apart
    call = {"window": "09:00-12:00"}
    assert _faults(body(customer={"phone": number}, call=call), **anywhere) == [("/customer/timezone", "timezone_required")]
    for value in (
        body(customer={"phone": number, "timezone": "Asia/Vladivostok"}, call=call),
        body(customer={"phone": number}, call={"window": "00:00-24:00"}),
    ):
        validated(ConfirmationBody, value, rules(**{**anywhere, "CALL_WINDOW": "00:00-24:00"}))
    named = body(customer={"phone": number, "timezone": "Asia/Vladivostok"}, call=call)
    validated(ConfirmationBody, named, rules(**anywhere))
    widened = body(customer={"phone": number}, call={"window": "00:00-24:00"})
    assert _faults(widened, **anywhere) == [("/customer/timezone", "timezone_required")]


def test_a_zone_in_which_a_number_of_several_zones_cannot_be_is_refused_with_those_that_are_allowed() -> None:
    elsewhere = body(customer={"phone": "+79161234567", "timezone": "Pacific/Kiritimati"})
    with pytest.raises(ProblemError) as refused:
        validated(ConfirmationBody, elsewhere, rules(ALLOWED_COUNTRIES="*", CALL_WINDOW="09:00-18:00"))
    (only,) = refused.value.faults
    assert (only.pointer, only.code) == ("/customer/timezone", "timezone_not_allowed")
    assert "Europe/Moscow" in only.message
    with_one_zone = body(customer={"phone": "+38344123456", "timezone": "Pacific/Kiritimati"})
    validated(ConfirmationBody, with_one_zone, rules(CALL_WINDOW="09:00-18:00"))  # it is called by the number's own clock


def test_hours_and_days_that_the_operator_does_not_allow_are_refused_with_those_that_are_allowed() -> None:
    outer = {"CALL_WINDOW": "09:00-20:00", "CALL_DAYS": "mon-fri"}
    night = body(call={"window": "20:00-24:00", "days": "sat,sun"})
    assert _faults(night, **outer) == [("/call/window", "window_not_allowed")]
    with pytest.raises(ProblemError) as caught:
        validated(ConfirmationBody, night, rules(**outer))
    assert "09:00-20:00" in caught.value.faults[0].message
    with pytest.raises(ProblemError) as caught:
        validated(ConfirmationBody, body(call={"days": "sat,sun"}), rules(**outer))
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/call/days", "days_not_allowed")]
    assert "mon-fri" in caught.value.faults[0].message
    validated(ConfirmationBody, body(call={"window": "00:00-09:01", "days": "fri-sun", "max_attempts": 50}), rules(**outer))


def test_amounts_have_the_decimals_of_their_currency() -> None:
    assert _faults(body(order__currency="JPY")) == [("/order/total", "invalid_amount")]
    validated(ConfirmationBody, body(order__currency="KWD", order__total="1.234"), rules())
    validated(ConfirmationBody, body(order__currency="ALL", order__total="2350"), rules())


def test_messages_never_repeat_what_was_sent() -> None:
    secret = "SECRET-5f1c"
    places = ("order__total", "order__currency", "customer__phone", "customer__language", "customer__timezone",
              "call__window", "call__expires_at", "call__priority", "call__on_machine", "order__delivery__date")  # fmt: skip
    with pytest.raises(ProblemError) as caught:
        validated(ConfirmationBody, body(**dict.fromkeys(places, secret)), rules())
    assert len(caught.value.faults) == len(places)
    assert secret not in repr(caught.value.document("req_1"))


def test_texts_are_kept_without_markup_and_invisible_characters() -> None:
    made = validated(ConfirmationBody, body(company="<i>Shop&amp;az</i>", customer__name="Arta&#8203;<br>Krasniqi"), rules())
    assert (made.company, made.customer.name) == ("Shop&az", "Arta\nKrasniqi")


def test_a_shop_that_has_a_list_of_companies_may_name_no_other() -> None:
    of_shop = replace(rules(), companies=("Shopaz", "Shopaz Outlet"))
    assert validated(ConfirmationBody, body(company="shopaz  outlet"), of_shop).company == "shopaz  outlet"
    with pytest.raises(ProblemError) as caught:
        validated(ConfirmationBody, body(company="Gjirafa"), of_shop)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/company", "company_not_allowed")]
    assert "Shopaz, Shopaz Outlet" in caught.value.faults[0].message
