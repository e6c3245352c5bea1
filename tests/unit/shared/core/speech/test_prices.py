"""Amounts of money, as they are spoken."""

from decimal import Decimal

import pytest

from shared import languages
from shared.core.order import Money
from shared.core.speech.prices import spoken_price

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
def test_a_price_is_said_as_a_cashier_says_it(code: str, amount: str, currency: str, words: str) -> None:
    assert spoken_price(Money(Decimal(amount), currency), languages.load(code)) == words


def test_the_code_of_an_unknown_currency_is_spelled() -> None:
    assert spoken_price(Money(Decimal("12.50"), "SEK"), SQ) == "dymbëdhjetë presje pesëdhjetë së e kë"
    assert spoken_price(Money(Decimal(12), "SEK"), SQ) == "dymbëdhjetë së e kë"
