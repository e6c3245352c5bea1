"""What counts as a number that may be called, in the spellings that people and address books use."""

from zoneinfo import ZoneInfo

import pytest
from phonenumbers.tzdata import TIMEZONE_DATA

from shared.core.errors import InvalidValueError
from shared.core.phone import country_of, normalise, spelt_e164, zones_of

BALKANS = frozenset({"XK", "AL", "MK"})


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+38344123456", "+38344123456"),
        ("+383 44 123-456", "+38344123456"),
        ("+383 (0)44 123.456", "+38344123456"),
        ("+383/44\u00a0123\u2011456", "+38344123456"),
        ("0038344123456", "+38344123456"),
        ("38344123456", "+38344123456"),
        ("383 44 123 456", "+38344123456"),
        ("355692123456", "+355692123456"),
        ("389 70 123 456", "+38970123456"),
        ("+383 28 123 456", "+38328123456"),
    ],
)
def test_spellings_of_one_number_become_one(text: str, e164: str) -> None:
    assert normalise(text, BALKANS) == e164


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+377 44 123 456", "+38344123456"),
        ("+377 45 123 456", "+38345123456"),
        ("0037744123456", "+38344123456"),
        ("+386 43 123 456", "+38343123456"),
        ("+386 49 123 456", "+38349123456"),
        ("+381 38 123 456", "+38338123456"),
        ("+381 (0)28 123 456", "+38328123456"),
        ("+381 039 123 456", "+38339123456"),
    ],
)
def test_numbers_from_before_kosovos_own_code_are_rewritten(text: str, e164: str) -> None:
    assert normalise(text, BALKANS) == e164


@pytest.mark.parametrize(("text", "country"), [("+377 44 123 456", "MC"), ("+386 49 123 456", "SI"), ("+381 38 123 456", "RS")])
def test_old_codes_stay_what_they_are_for_a_shop_that_calls_their_countries(text: str, country: str) -> None:
    for allowed in (BALKANS | {country}, frozenset({"*"})):
        assert not _spelling(text, allowed).startswith("+383")


def _spelling(text: str, allowed: frozenset[str]) -> str:
    try:
        return normalise(text, allowed)
    except InvalidValueError as error:
        return error.code


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "+", "abc", "044123456", "+38344123", "+383441234567890", "+38344123456x12", "tel:+38344123456"),
        *(
            "+３8344123456",
            "0000",
            "+00383",
            "+99912345678",
            "+210123456",
            "+38338344123456",
            "38338344123456",
            "1" * 200,
            "+383 44 123 456\x00",
        ),
    ],
)
def test_what_is_no_number_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        normalise(text, BALKANS)
    assert caught.value.code == "invalid_phone"
    assert len(text) < 5 or text not in caught.value.message


@pytest.mark.parametrize("text", ["+1 415 555 2671", "+381 11 1234567", "+870 772001234", "+49 30 123456"])
def test_other_countries_are_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match=r"AL, MK, XK|no country") as caught:
        normalise(text, BALKANS)
    assert caught.value.code == "country_not_allowed"


@pytest.mark.parametrize(
    "text",
    [
        *("+355 800 1234", "+383 800 12345", "+383 900 12345", "+389 800 12345", "+389 500 12345"),
        *("+44 70 1234 5678", "+44 84 4123 4567", "+1 900 234 5678", "+49 900 1 123456", "+44 5512345678"),
    ],
)
def test_numbers_that_cost_their_caller_are_refused_even_where_all_countries_are_allowed(text: str) -> None:
    with pytest.raises(InvalidValueError) as caught:
        normalise(text, frozenset({"*"}))
    assert caught.value.code == "number_type_not_allowed"


def test_networks_without_a_country_are_never_called() -> None:
    with pytest.raises(InvalidValueError, match="no country"):
        normalise("+881 612345678", frozenset({"*"}))


def test_who_calls_us_is_known_by_any_valid_number_or_not_at_all() -> None:
    assert spelt_e164("+1 415 555 2671") == "+14155552671"
    assert spelt_e164("+38344123456") == "+38344123456"
    assert [spelt_e164(text) for text in ("", "anonymous", "client:arta", "sip:a@b.example", "266696687")] == [None] * 5


def test_zones_and_countries_of_numbers() -> None:
    assert zones_of("+38344123456") == ("Europe/Belgrade",)
    assert zones_of("+355692123456") == ("Europe/Tirane",)
    assert len(zones_of("+74951234567")) >= 1
    assert zones_of("+870772001234") == ()
    assert [country_of(number) for number in ("+38344123456", "+355692123456", "+38970123456", "+870772001234")] == [
        "XK",
        "AL",
        "MK",
        None,
    ]


def test_every_zone_of_the_numbering_data_is_one_that_python_knows() -> None:
    for name in {zone for zones in TIMEZONE_DATA.values() for zone in zones}:
        ZoneInfo(name)
