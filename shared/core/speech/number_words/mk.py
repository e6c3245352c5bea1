"""Macedonian number words: "и" stands once, before the last part; one and two agree with the noun."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, Plural, groups

# fmt: off
_ONES = ("нула", "еден", "два", "три", "четири", "пет", "шест", "седум", "осум", "девет", "десет", "единаесет",
         "дванаесет", "тринаесет", "четиринаесет", "петнаесет", "шеснаесет", "седумнаесет", "осумнаесет", "деветнаесет")
_TENS = ("", "", "дваесет", "триесет", "четириесет", "педесет", "шеесет", "седумдесет", "осумдесет", "деведесет")
_HUNDREDS = ("", "сто", "двесте", "триста", "четиристотини", "петстотини", "шестотини", "седумстотини", "осумстотини",
             "деветстотини")
# fmt: on
_AGREEING = {
    (1, Gender.FEMININE): "една",
    (1, Gender.NEUTER): "едно",
    (2, Gender.FEMININE): "две",
    (2, Gender.NEUTER): "две",
}
_ELEVEN = 11


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; one thousand is "илјада", without "one"."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        noun = "милион" if plural(millions) is Plural.ONE else "милиони"
        parts.append(f"{_joined(_below_thousand(millions, Gender.MASCULINE))} {noun}")
    if thousands == 1:
        parts.append("илјада")
    elif thousands:
        noun = "илјада" if plural(thousands) is Plural.ONE else "илјади"
        parts.append(f"{_joined(_below_thousand(thousands, Gender.FEMININE))} {noun}")
    return _joined(parts + _below_thousand(rest, gender))


def plural(number: int) -> Plural:
    """Return `ONE` for 1, 21, 31 …, else `OTHER`."""
    return Plural.ONE if number % TEN == 1 and number % HUNDRED != _ELEVEN else Plural.OTHER


def _below_thousand(number: int, gender: Gender) -> list[str]:
    hundreds, small = divmod(number, HUNDRED)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if small >= TWENTY:
        parts.append(_TENS[small // TEN])
        small %= TEN
    if small:
        parts.append(_AGREEING.get((small, gender), _ONES[small]))
    return parts


def _joined(parts: list[str]) -> str:
    return " и ".join(filter(None, (" ".join(parts[:-1]), parts[-1])))
