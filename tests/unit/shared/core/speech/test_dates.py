"""Dates, as they are spoken."""

from datetime import date

import pytest

from shared import languages
from shared.core.speech.dates import spoken_date


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
    assert spoken_date(date(2026, 11, 25), languages.load(code)) == words
