"""Greek number words: one, three, four and the hundreds agree with the noun; thousands are feminine, millions neuter."""

from shared.core.speech.number_words.grammar import HUNDRED, TEN, TWENTY, Gender, groups

# fmt: off
_ONES = ("μηδέν", "ένα", "δύο", "τρία", "τέσσερα", "πέντε", "έξι", "επτά", "οκτώ", "εννέα", "δέκα", "έντεκα", "δώδεκα",
         "δεκατρία", "δεκατέσσερα", "δεκαπέντε", "δεκαέξι", "δεκαεπτά", "δεκαοκτώ", "δεκαεννέα")
_TENS = ("", "", "είκοσι", "τριάντα", "σαράντα", "πενήντα", "εξήντα", "εβδομήντα", "ογδόντα", "ενενήντα")
_HUNDREDS = ("", "εκατό", "διακόσι", "τριακόσι", "τετρακόσι", "πεντακόσι", "εξακόσι", "επτακόσι", "οκτακόσι",
             "εννιακόσι")
# fmt: on
_ENDINGS = {Gender.MASCULINE: "οι", Gender.FEMININE: "ες"}
_PERSONAL = {3: "τρεις", 4: "τέσσερις", 13: "δεκατρείς", 14: "δεκατέσσερις"}
_LONE = {Gender.MASCULINE: "ένας", Gender.FEMININE: "μία"}


def cardinal(number: int, gender: Gender) -> str:
    """Spell 0 to 999,999,999; a number that stands alone is neuter."""
    if number == 0:
        return _ONES[0]
    millions, thousands, rest = groups(number)
    parts = []
    if millions:
        noun = "εκατομμύριο" if millions == 1 else "εκατομμύρια"
        parts.append(f"{_below_thousand(millions, Gender.NEUTER)} {noun}")
    if thousands == 1:
        parts.append("χίλι" + _ENDINGS.get(gender, "α"))
    elif thousands:
        parts.append(f"{_below_thousand(thousands, Gender.FEMININE)} χιλιάδες")
    if rest:
        parts.append(_below_thousand(rest, gender))
    return " ".join(parts)


def _below_thousand(number: int, gender: Gender) -> str:
    hundreds, small = divmod(number, HUNDRED)
    parts = []
    if hundreds == 1:
        parts.append("εκατόν" if small else "εκατό")
    elif hundreds:
        parts.append(_HUNDREDS[hundreds] + _ENDINGS.get(gender, "α"))
    if small >= TWENTY:
        parts.append(_TENS[small // TEN])
        small %= TEN
    if small:
        parts.append(_agreeing(small, gender))
    return " ".join(parts)


def _agreeing(small: int, gender: Gender) -> str:
    if gender not in _LONE:
        return _ONES[small]
    return _LONE[gender] if small == 1 else _PERSONAL.get(small, _ONES[small])
