"""Italian number words: one word below a million, vowels elided (ventuno, ventotto), an accent on a final "tre"."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, groups

# fmt: off
_ONES = ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove", "dieci", "undici", "dodici",
         "tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove")
_TENS = ("", "", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta")
# fmt: on
_ELIDING = (1, 8)
_EIGHT = 8


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; only "uno" by itself changes before a noun ("un euro", "una lira")."""
    if number == 1 and gender is not Gender.BARE:
        return "una" if gender is Gender.FEMININE else "un"
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        count = _accented(_cut_uno(_below_thousand(millions)))
        parts.append("un milione" if millions == 1 else f"{count} milioni")
    if thousands or rest:
        parts.append(_accented(_thousands(thousands) + _below_thousand(rest)))
    return " ".join(parts) or _ONES[0]


def _accented(words: str) -> str:
    return words.removesuffix("e") + "é" if words.endswith("tre") and words != "tre" else words


def _thousands(count: int) -> str:
    if count == 0:
        return ""
    return "mille" if count == 1 else f"{_cut_uno(_below_thousand(count))}mila"


def _cut_uno(words: str) -> str:
    return words.removesuffix("o") if words.endswith("tuno") else words


def _below_thousand(number: int) -> str:
    hundreds, small = divmod(number, HUNDRED)
    words = ("cento" if hundreds == 1 else f"{_ONES[hundreds]}cento") if hundreds else ""
    if hundreds and (small == _EIGHT or small // TEN == _EIGHT):
        words = words.removesuffix("o")
    if small < TWENTY:
        return words + (_ONES[small] if small else "")
    tens, ones = _TENS[small // TEN], small % TEN
    if ones in _ELIDING:
        tens = tens[:-1]
    return words + tens + (_ONES[ones] if ones else "")
