"""Whole numbers as words.

The spellers are our own, because the general libraries have mistakes in Macedonian, Serbian and Greek.
"""

from collections.abc import Callable
from dataclasses import dataclass

from shared.core.speech.number_words import de, el, en, it, mk, sq, sr, tr
from shared.core.speech.number_words.grammar import LARGEST, Gender, Plural, one_or_other

__all__ = ["LARGEST", "SPELLERS", "Gender", "Plural", "Speller"]


@dataclass(frozen=True, slots=True)
class Speller:
    """How one language counts: `cardinal(number, gender)` for 0 to `LARGEST`, and the noun's form after a number."""

    cardinal: Callable[[int, Gender], str]
    plural: Callable[[int], Plural]


SPELLERS = {
    "sq": Speller(sq.cardinal, one_or_other),
    "en": Speller(en.cardinal, one_or_other),
    "mk": Speller(mk.cardinal, mk.plural),
    "sr": Speller(sr.cardinal, sr.plural),
    "it": Speller(it.cardinal, one_or_other),
    "de": Speller(de.cardinal, one_or_other),
    "el": Speller(el.cardinal, one_or_other),
    "tr": Speller(tr.cardinal, one_or_other),
}
"""The spellers by language code; a language's data file is refused without one."""
