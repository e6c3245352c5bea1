"""Turkish number words: the parts follow each other without a joining word; 100 and 1000 have no "one" before them."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, Gender, groups

_ONES = ("sıfır", "bir", "iki", "üç", "dört", "beş", "altı", "yedi", "sekiz", "dokuz")
_TENS = ("", "on", "yirmi", "otuz", "kırk", "elli", "altmış", "yetmiş", "seksen", "doksan")


def cardinal(number: int, _gender: Gender) -> str:
    """Spell 0 to 999,999,999; Turkish has no gender."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        parts.append(f"{_below_thousand(millions)} milyon")
    if thousands:
        parts.append("bin" if thousands == 1 else f"{_below_thousand(thousands)} bin")
    if rest:
        parts.append(_below_thousand(rest))
    return " ".join(parts)


def _below_thousand(number: int) -> str:
    hundreds, small = divmod(number, HUNDRED)
    parts = []
    if hundreds:
        parts.append("yüz" if hundreds == 1 else f"{_ONES[hundreds]} yüz")
    if small >= TEN:
        parts.append(_TENS[small // TEN])
    if small % TEN:
        parts.append(_ONES[small % TEN])
    return " ".join(parts)
