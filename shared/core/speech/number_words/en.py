"""English number words."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, groups

# fmt: off
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on


def cardinal(number: int, _gender: Gender) -> str:
    """Spell 0 to 999,999,999; English numbers have no gender."""
    if number == 0:
        return _ONES[0]
    scales = zip(groups(number), (" million", " thousand", ""), strict=True)
    return " ".join(_below_thousand(count) + scale for count, scale in scales if count)


def _below_thousand(number: int) -> str:
    hundreds, small = divmod(number, HUNDRED)
    parts = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if small >= TWENTY:
        parts.append("-".join(filter(None, (_TENS[small // TEN], _ONES[small % TEN] if small % TEN else ""))))
    elif small:
        parts.append(_ONES[small])
    return " ".join(parts)
