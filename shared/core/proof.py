"""What a caller must know to be told of an order: the last four characters of its id, by voice or by the keys of a phone."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import Final

from shared.core.text import clean

PROOF_CHARACTERS: Final = 4
"""How many characters prove that the caller knows the order's id: the last letters and digits of it."""

MOST_TRIES: Final = 3
"""How many wrong proofs one call may offer."""

_KEYS: Final[Mapping[str, str]] = {
    letter: key
    for key, letters in {"2": "abc", "3": "def", "4": "ghi", "5": "jkl", "6": "mno", "7": "pqrs", "8": "tuv", "9": "wxyz"}.items()
    for letter in letters
} | {digit: digit for digit in "0123456789"}
"""The key of a phone on which a character stands. Source: ITU-T E.161."""


@dataclass(frozen=True, slots=True)
class OrderProof:
    """Checks what a caller offers as the end of an order's id, in a time that tells nothing of how much of it is right."""

    _ending: str = field(repr=False)
    _keys: str = field(repr=False)

    def is_said(self, characters: str) -> bool:
        """Tell whether these characters, as heard, end as the order's id does."""
        return _are_same(_characters(characters)[-PROOF_CHARACTERS:], self._ending)

    def is_keyed(self, keys: str) -> bool:
        """Tell whether these are the keys of the id's last characters; an id that ends with other letters has no keys."""
        return _are_same(keys, self._keys)


def proof_of(order_id: str) -> OrderProof | None:
    """Return the proof that an order's id asks for; None if it is too short to prove anything."""
    ending = _characters(order_id)[-PROOF_CHARACTERS:]
    if len(ending) < PROOF_CHARACTERS:
        return None
    return OrderProof(ending, "".join(_KEYS.get(character, "") for character in ending))


def _characters(text: str) -> str:
    """Return the letters and digits of a text, in lower case."""
    folded = unicodedata.normalize("NFKC", clean(text)).casefold()
    return "".join(character for character in folded if character.isalnum())


def _are_same(offered: str, wanted: str) -> bool:
    return len(wanted) == PROOF_CHARACTERS and compare_digest(offered.encode(), wanted.encode())
