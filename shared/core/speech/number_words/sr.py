"""Serbian number words (Latin script): one and two agree with the noun, thousands and millions are declined."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, Plural, groups

# fmt: off
_ONES = ("nula", "jedan", "dva", "tri", "četiri", "pet", "šest", "sedam", "osam", "devet", "deset", "jedanaest",
         "dvanaest", "trinaest", "četrnaest", "petnaest", "šesnaest", "sedamnaest", "osamnaest", "devetnaest")
_TENS = ("", "", "dvadeset", "trideset", "četrdeset", "pedeset", "šezdeset", "sedamdeset", "osamdeset", "devedeset")
_HUNDREDS = ("", "sto", "dvesta", "trista", "četiristo", "petsto", "šeststo", "sedamsto", "osamsto", "devetsto")
# fmt: on
_AGREEING = {
    (1, Gender.FEMININE): "jedna",
    (1, Gender.NEUTER): "jedno",
    (2, Gender.FEMININE): "dve",
}
_THOUSANDS = {Plural.ONE: "hiljada", Plural.FEW: "hiljade", Plural.OTHER: "hiljada"}
_MILLIONS = {Plural.ONE: "milion", Plural.FEW: "miliona", Plural.OTHER: "miliona"}
_FEW = range(2, 5)
_TEENS = range(11, 15)


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; one thousand is "hiljadu"."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        parts.append(f"{_below_thousand(millions, Gender.MASCULINE)} {_MILLIONS[plural(millions)]}")
    if thousands == 1:
        parts.append("hiljadu")
    elif thousands:
        parts.append(f"{_below_thousand(thousands, Gender.FEMININE)} {_THOUSANDS[plural(thousands)]}")
    if rest:
        parts.append(_below_thousand(rest, gender))
    return " ".join(parts)


def plural(number: int) -> Plural:
    """Return `ONE` for 1, 21, 31 …, `FEW` for 2-4, 22-24 …, else `OTHER`."""
    if number % HUNDRED in _TEENS:
        return Plural.OTHER
    if number % TEN == 1:
        return Plural.ONE
    return Plural.FEW if number % TEN in _FEW else Plural.OTHER


def _below_thousand(number: int, gender: Gender) -> str:
    hundreds, small = divmod(number, HUNDRED)
    parts = [_HUNDREDS[hundreds]] if hundreds else []
    if small >= TWENTY:
        parts.append(_TENS[small // TEN])
        small %= TEN
    if small:
        parts.append(_AGREEING.get((small, gender), _ONES[small]))
    return " ".join(parts)
