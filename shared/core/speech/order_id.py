"""How an order id is spoken: letters by their names, digits one by one, with pauses that a listener can follow."""

import re

from shared.core.speech.language import Language
from shared.core.speech.numbers import digits
from shared.core.text import clean

LONGEST_SPOKEN_ID = 16
"""The most letters and digits of an order id that are spoken; of a longer id only the end is spoken."""
ID_ENDING = 6
"""How many letters and digits of a longer id are spoken."""

_PIECE = re.compile(r"[^\W\d_]+|[0-9]+|.", re.DOTALL)
_GROUP_SIZES = {1: (1,), 2: (2,), 3: (3,), 4: (4,), 5: (3, 2), 6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3)}


def spoken_order_id(order_id: str, language: Language) -> str:
    """Return the id as a person reads it out: digits in groups of two to four, pauses (commas) between the parts.

    Of an id with more than 16 letters and digits only the last six are spoken, in a phrase that says they are the end. Of an id
    without a letter or digit nothing is spoken.
    """
    order_id = clean(order_id)
    characters = [character for character in order_id if character.isalpha() or character.isdecimal()]
    if not characters:
        return ""
    if len(characters) > LONGEST_SPOKEN_ID:
        ending = "".join(characters[-ID_ENDING:])
        return language.speech.id_ending.format(ending=spelled(ending, language))
    return spelled(order_id, language)


def spelled(text: str, language: Language) -> str:
    """Return the text letter by letter and digit by digit; a sign that has no name in the language is a pause."""
    pieces = []
    for piece in _PIECE.findall(text):
        if piece[0].isdecimal():
            pieces += _digit_groups(piece, language)
        elif piece.isalpha():
            pieces.append(" ".join(language.speech.letters.get(letter, letter) for letter in piece.lower()))
        elif piece in language.speech.marks:
            pieces.append(language.speech.marks[piece])
    return ", ".join(pieces)


def _digit_groups(run: str, language: Language) -> list[str]:
    sizes: list[int] = []
    left = len(run)
    while left not in _GROUP_SIZES:
        sizes.append(4)
        left -= 4
    groups = []
    start = 0
    for size in (*sizes, *_GROUP_SIZES[left]):
        groups.append(digits(run[start : start + size], language))
        start += size
    return groups
