"""Texts that come from outside (names, items, addresses), reduced to one line of plain words without markup."""

import unicodedata

ITEM_CHARACTERS = 80
ADDRESS_CHARACTERS = 120
NAME_CHARACTERS = 60
COMPANY_CHARACTERS = 80

_MARKUP = frozenset('«»‹›{}[]<>`"“”„')
"""The signs that enclose verbatim text and placeholders in the prompt, and signs that look like them."""


def plain(text: str, *, limit: int) -> str:
    """Return the text without control characters, line breaks and markup, cut between words to at most `limit` characters."""
    spaced = (" " if character.isspace() else character for character in text)
    kept = (character for character in spaced if character not in _MARKUP and _is_visible(character))
    words = " ".join("".join(kept).split())
    if len(words) <= limit:
        return words
    return words[: limit + 1].rpartition(" ")[0] or words[:limit]


def _is_visible(character: str) -> bool:
    """Return whether it is no control, format, surrogate, private or unassigned character; a joiner inside an emoji is one."""
    return not unicodedata.category(character).startswith("C")
