"""Whether a text says no more than certain phrases do, such as a language's words for no."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_APOSTROPHES: Final = str.maketrans(dict.fromkeys("’ʼ`´ʹ", "'"))
_DOTLESS: Final = str.maketrans("ı", "i")  # Turkish: "HAYIR" has no other lower case in most programs
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def consists_of(text: str | None, phrases: Iterable[str]) -> bool:
    """Tell whether the text is one or more of the phrases and nothing else; case, accents and punctuation do not count.

    A text without words consists of nothing. Takes time in proportion to the length of the text and the number of phrases.
    """
    words = _words(text or "")
    split = {tuple(_words(phrase)) for phrase in phrases}
    ends = [True] + [False] * len(words)  # ends[n]: the first n words are phrases
    for end in range(1, len(words) + 1):
        ends[end] = any(phrase and ends[end - len(phrase)] and _is_at(words, end, phrase) for phrase in split if len(phrase) <= end)
    return bool(words) and ends[-1]


def _is_at(words: list[str], end: int, phrase: tuple[str, ...]) -> bool:
    return tuple(words[end - len(phrase) : end]) == phrase


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_APOSTROPHES))
    return _WORD.findall("".join(char for char in plain if not unicodedata.combining(char)).translate(_DOTLESS))
