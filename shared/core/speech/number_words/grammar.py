"""What number words depend on in every language: gender, plural form, and the groups of a number's digits."""

from enum import StrEnum

TEN = 10
TWENTY = 20
HUNDRED = 100
THOUSAND = 1_000
MILLION = 1_000_000
LARGEST = 999_999_999
"""The largest number the spellers know."""


class Gender(StrEnum):
    """What a number agrees with: the gender of the noun after it, or `BARE` if it stands alone."""

    MASCULINE = "masculine"
    FEMININE = "feminine"
    NEUTER = "neuter"
    BARE = "bare"


class Plural(StrEnum):
    """Which form of the noun follows a number. Source: CLDR plural rules."""

    ONE = "one"
    FEW = "few"
    OTHER = "other"


def groups(number: int) -> tuple[int, int, int]:
    """Split a number into millions, thousands and the rest, each below a thousand."""
    millions, below = divmod(number, MILLION)
    thousands, rest = divmod(below, THOUSAND)
    return millions, thousands, rest


def one_or_other(number: int) -> Plural:
    """Return the category in most languages: `ONE` for 1, `OTHER` for all other numbers."""
    return Plural.ONE if number == 1 else Plural.OTHER
