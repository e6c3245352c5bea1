"""German number words: one word below a million, ones before tens."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, groups

# fmt: off
_ONES = ("null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf",
         "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn")
_TENS = ("", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig")
# fmt: on


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; a final one is "eins" alone, "ein" or "eine" before a noun."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        agreeing = "e" if millions % HUNDRED == 1 else ""
        parts.append(f"{_below_thousand(millions)}{agreeing} Million{'' if millions == 1 else 'en'}")
    below = f"{_below_thousand(thousands)}tausend" if thousands else ""
    below += _below_thousand(rest)
    if rest % HUNDRED == 1:
        below += {Gender.BARE: "s", Gender.FEMININE: "e"}.get(gender, "")
    if below:
        parts.append(below)
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    hundreds, small = divmod(number, HUNDRED)
    words = f"{_ONES[hundreds]}hundert" if hundreds else ""
    if small < TWENTY:
        return words + (_ONES[small] if small else "")
    ones = f"{_ONES[small % TEN]}und" if small % TEN else ""
    return words + ones + _TENS[small // TEN]
