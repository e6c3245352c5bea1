"""Prices, dates, ids and numbers in texts, as they are spoken."""

from datetime import date
from decimal import Decimal

import pytest

from shared import languages
from shared.core.order import Money
from shared.core.speech import numbers

SQ = languages.load("sq")


@pytest.mark.parametrize(
    ("code", "amount", "currency", "words"),
    [
        ("sq", "23.50", "EUR", "njëzet e tre euro e pesëdhjetë cent"),
        ("sq", "2350", "ALL", "dy mijë e treqind e pesëdhjetë lekë"),
        ("sq", "1200.00", "MKD", "një mijë e dyqind denarë"),
        ("sq", "1", "EUR", "një euro"),
        ("sq", "1", "ALL", "një lek"),
        ("sq", "3", "TRY", "tri lira turke"),
        ("sq", "0.50", "EUR", "pesëdhjetë cent"),
        ("sq", "0", "EUR", "zero euro"),
        ("sq", "59.905", "eur", "pesëdhjetë e nëntë euro e nëntëdhjetë e një cent"),
        ("en", "1.01", "USD", "one dollar and one cent"),
        ("en", "59.90", "GBP", "fifty-nine pounds and ninety pence"),
        ("mk", "21", "MKD", "дваесет и еден денар"),
        ("mk", "2350", "MKD", "две илјади триста и педесет денари"),
        ("mk", "1", "EUR", "едно евро"),
        ("sr", "21.02", "RSD", "dvadeset jedan dinar i dve pare"),
        ("sr", "2350", "RSD", "dve hiljade trista pedeset dinara"),
        ("sr", "22", "TRY", "dvadeset dve turske lire"),
        ("it", "1.01", "EUR", "un euro e un centesimo"),
        ("it", "23.50", "CHF", "ventitré franchi svizzeri e cinquanta centesimi"),
        ("de", "1.99", "EUR", "ein Euro und neunundneunzig Cent"),
        ("de", "1", "TRY", "eine türkische Lira"),
        ("el", "101.01", "EUR", "εκατόν ένα ευρώ και ένα λεπτό"),
        ("el", "204", "TRY", "διακόσιες τέσσερις τουρκικές λίρες"),
        ("tr", "1249.90", "TRY", "bin iki yüz kırk dokuz lira doksan kuruş"),
    ],
)
def test_a_price_is_said_as_at_a_till(code: str, amount: str, currency: str, words: str) -> None:
    assert numbers.price(Money(Decimal(amount), currency), languages.load(code)) == words


def test_an_unknown_currency_is_said_by_its_letters() -> None:
    assert numbers.price(Money(Decimal("12.50"), "SEK"), SQ) == "dymbëdhjetë presje pesëdhjetë së e kë"
    assert numbers.price(Money(Decimal(12), "SEK"), SQ) == "dymbëdhjetë së e kë"


def test_a_number_beyond_the_spellers_is_said_digit_by_digit() -> None:
    assert numbers.cardinal(10**9, SQ) == "një" + " zero" * 9


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sq", "e mërkurë, njëzet e pesë nëntor"),
        ("en", "Wednesday, the twenty-fifth of November"),
        ("mk", "среда, дваесет и петти ноември"),
        ("sr", "sreda, dvadeset peti novembar"),
        ("it", "mercoledì venticinque novembre"),
        ("de", "Mittwoch, den fünfundzwanzigsten November"),
        ("el", "Τετάρτη, είκοσι πέντε Νοεμβρίου"),
        ("tr", "yirmi beş Kasım Çarşamba"),
    ],
)
def test_a_date_is_said_with_its_weekday_and_without_its_year(code: str, words: str) -> None:
    assert numbers.day(date(2026, 11, 25), languages.load(code)) == words


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        ("SHP-10482", "së hë pë, një zero katër, tetë dy"),
        ("7", "shtatë"),
        ("1042", "një zero katër dy"),
        ("104200", "një zero katër, dy zero zero"),
        ("1042007", "një zero katër, dy zero zero shtatë"),
        ("123456789", "një dy tre, katër pesë gjashtë, shtatë tetë nëntë"),
        ("1234567890", "një dy tre katër, pesë gjashtë shtatë, tetë nëntë zero"),
        ("A/7", "a, vizë e pjerrët, shtatë"),
        ("çë #9", "çë ë, nëntë"),
        ("B7Ж", "bë, shtatë, ж"),
        ("--", ""),
    ],
)
def test_an_order_id_is_read_out_in_small_groups(identifier: str, words: str) -> None:
    assert numbers.order_id(identifier, SQ) == words


def test_of_a_very_long_id_only_the_end_is_said() -> None:
    spoken = numbers.order_id("01HV3K8ZQ6X9-ABCD-4217EF", SQ)
    assert spoken == "që mbaron me katër dy, një shtatë, e fë".replace("katër dy, një shtatë", "katër dy një shtatë")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Rr. Agim Ramadani 12, Prishtinë", "Rruga Agim Ramadani dymbëdhjetë, Prishtinë"),
        ("rr.Nënë Tereza nr. 7", "Rruga Nënë Tereza numër shtatë"),
        ("Brr. 7", "Brr. shtatë"),
        ("iPhone15 256GB", "iPhone pesëmbëdhjetë dyqind e pesëdhjetë e gjashtë GB"),
        ("Ekran 6.5 inç", "Ekran gjashtë presje pesë inç"),
        ("6,75", "gjashtë presje shtatëdhjetë e pesë"),
        ("007", "zero zero shtatë"),
        ("0", "zero"),
        ("1234567890", "një dy tre katër pesë gjashtë shtatë tetë nëntë zero"),
        ("pa numra", "pa numra"),
    ],
)
def test_numbers_inside_texts_become_words(text: str, words: str) -> None:
    assert numbers.in_words(text, SQ) == words
