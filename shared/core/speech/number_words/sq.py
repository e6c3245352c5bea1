"""Albanian number words: "e" joins all parts, as it does in spoken prices and dates."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, groups

# fmt: off
_ONES = ("zero", "një", "dy", "tre", "katër", "pesë", "gjashtë", "shtatë", "tetë", "nëntë",
         "dhjetë", "njëmbëdhjetë", "dymbëdhjetë", "trembëdhjetë", "katërmbëdhjetë", "pesëmbëdhjetë",
         "gjashtëmbëdhjetë", "shtatëmbëdhjetë", "tetëmbëdhjetë", "nëntëmbëdhjetë")
_TENS = ("", "", "njëzet", "tridhjetë", "dyzet", "pesëdhjetë", "gjashtëdhjetë", "shtatëdhjetë", "tetëdhjetë",
         "nëntëdhjetë")
# fmt: on
_THREE = 3


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; only "tre" changes with the gender ("tri porosi")."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        parts.append("një milion" if millions == 1 else f"{_below_thousand(millions, Gender.FEMININE)} milionë")
    if thousands:
        parts.append(f"{_below_thousand(thousands, Gender.MASCULINE)} mijë")
    if rest:
        parts.append(_below_thousand(rest, gender))
    return " e ".join(parts)


def _below_thousand(number: int, gender: Gender) -> str:
    hundreds, small = divmod(number, HUNDRED)
    parts = [f"{_ONES[hundreds]}qind"] if hundreds else []
    if small >= TWENTY:
        parts.append(_TENS[small // TEN])
        small %= TEN
    if small == _THREE and gender is Gender.FEMININE:
        parts.append("tri")
    elif small:
        parts.append(_ONES[small])
    return " e ".join(parts)
