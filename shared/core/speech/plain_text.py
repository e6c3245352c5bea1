"""Texts that come from outside (names, items, addresses), reduced to one line of plain words without markup."""

import unicodedata

from shared.core.text import clean, is_name_of_person

ITEM_CHARACTERS = 80
ADDRESS_CHARACTERS = 120
NAME_CHARACTERS = 60
COMPANY_CHARACTERS = 80

_MARKUP = frozenset('«»‹›{}[]<>`"“”„')
"""The signs that enclose verbatim text and placeholders in the prompt, and signs that look like them."""

_SPOKEN_SYMBOLS = frozenset("°№")
_KEYCAP = "\u20e3"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_PAUSE = ","
_ENDS_WITH_A_PAUSE = tuple(",.;:!?…")


def plain(text: str, *, limit: int) -> str:
    """Return the text in one line, without markup and emoji, cut between words to at most `limit` characters.

    A line break becomes a pause: a comma, unless another sign stands there already.
    """
    spoken = ""
    for line in map(_words, clean(text).split("\n")):
        if line and spoken and not spoken.endswith(_ENDS_WITH_A_PAUSE):
            spoken += _PAUSE
        spoken = f"{spoken} {line}".strip()
    if len(spoken) <= limit:
        return spoken
    return spoken[: limit + 1].rpartition(" ")[0] or spoken[:limit]


def spoken_name(text: str) -> str:
    """Return a customer's name as it may be spoken; empty if the text is a sentence, holds digits or a URL: that is no name."""
    name = plain(clean(text).replace("\n", " "), limit=NAME_CHARACTERS)
    return name if is_name_of_person(name) else ""


def _words(line: str) -> str:
    spaced = (" " if character.isspace() else character for character in line)
    kept = (character for character in spaced if character not in _MARKUP and _is_spoken(character))
    return " ".join("".join(kept).split())


def _is_spoken(character: str) -> bool:
    """Return whether it is no emoji or other symbol, and no control, format, surrogate, private or unassigned character."""
    category = unicodedata.category(character)
    if category == "So":
        return character in _SPOKEN_SYMBOLS
    return not category.startswith("C") and character != _KEYCAP and character not in _SKIN_TONES
