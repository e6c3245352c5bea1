"""Texts of strangers (names, items, addresses) made fit for a line: one line of plain words, never markup."""

import unicodedata

ITEM_CHARACTERS = 80
ADDRESS_CHARACTERS = 120
NAME_CHARACTERS = 60
COMPANY_CHARACTERS = 80

_MARKUP = frozenset('«»‹›{}[]<>`"“”„')
"""What marks verbatim text and placeholders in the prompt, and its look-alikes."""


def plain(text: str, *, limit: int) -> str:
    """The text without control characters, line breaks and markup, at most `limit` characters, cut between words."""
    spaced = (" " if character.isspace() else character for character in text)
    kept = (character for character in spaced if character not in _MARKUP and _is_visible(character))
    words = " ".join("".join(kept).split())
    if len(words) <= limit:
        return words
    return words[: limit + 1].rpartition(" ")[0] or words[:limit]


def _is_visible(character: str) -> bool:
    """Not a control, format, surrogate, private or unassigned character; joiners inside emoji go too."""
    return not unicodedata.category(character).startswith("C")
