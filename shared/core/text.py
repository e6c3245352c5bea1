"""The words of strangers: one function that cleans every text that comes in, and what may pass for a name.

A stranger is whoever wrote a text that is not ours: the shop's customers and its shop system, the speech model, Twilio. The text
is data, whatever it says. All functions take time in proportion to the length of the text.
"""

import html
import re
import unicodedata
from functools import lru_cache
from typing import Final

COMPANY_CHARACTERS: Final = 60
"""The longest name of a company that an order may name."""

_COMPANY_WORDS = 8
_PERSON_WORDS = 5
_WORDS_OF_ANY_CASE = 2  # "arta krasniqi": so short a text is no sentence, however it is written
# A full stop after a word of so many letters ends a sentence; after a shorter one ("Dr.", "p.") it abbreviates the word.
_LONG_WORD, _LONG_LOWER_WORD = 5, 3
_ROUNDS = 3  # a shop system may encode a text that is encoded already

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|</?(?:br|hr|p|div|li|tr|td|th|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!?]?[A-Za-z][^<>]*>|<!--[^<>]*-->")

# Control characters, halves of surrogate pairs, noncharacters, and what has no shape of its own (Unicode's property
# Default_Ignorable_Code_Point, which includes the marks that turn the direction of writing; and the blank of Braille).
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_NEEDS_CLEANING = re.compile(f"[&<\r\t\u00a0\u2028\u2029{_UNSEEN}]")

_LETTERS_OF_NAMES = re.compile(r"[^\W\d_]+(?:['’ʼ\-][^\W\d_]+)*['’]?")
_ABBREVIATION = re.compile(r"[^\W\d_]{1,4}\.")
_PARTICLES = frozenset(
    "al and bin da de den der des di dhe do dos du e el et i ibn la le ten ter und van vom von y zu".split()  # noqa: SIM905 - a table of words
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|\bwww\.|[^\s/]\.[A-Za-z]{2,}/|@\w+\.", re.IGNORECASE)
_END_OF_SENTENCE = re.compile(r"(\w*)[.!?…]['\"”)]*\s")


def clean(text: str) -> str:
    """Return the text without markup and without what cannot be seen, stored or sent; every kind of line break becomes a newline.

    HTML entities are decoded and tags are removed (`<br>`, or the end of a paragraph, is a line break). Control characters, marks
    of direction, invisible characters and halves of surrogate pairs are dropped.
    """
    if not _NEEDS_CLEANING.search(text):
        return text
    for _ in range(_ROUNDS):
        before = text
        text = _TAG.sub("", _BREAK.sub("\n", _ENTITY.sub(_decoded, text)))
        if text == before:
            break
    return _INVISIBLE.sub("", text.replace("\t", " ").replace("\u00a0", " "))


def is_name_of_person(text: str) -> bool:
    """Tell whether a text without markup may be a person's name: a few words of letters, no sentence, number or address.

    Three or more words are a name only if each begins with a capital letter (in scripts that have them) or is a particle, such
    as "van der".
    """
    words = _without_marks(text).replace(", ", " ", 1).split()
    if not 0 < len(words) <= _PERSON_WORDS:
        return False
    if not all(_LETTERS_OF_NAMES.fullmatch(word) or _ABBREVIATION.fullmatch(word) for word in words):
        return False
    return len(words) <= _WORDS_OF_ANY_CASE or not any(word[0].islower() and word not in _PARTICLES for word in words)


def company_fault(text: str) -> str | None:
    """Return what is wrong with a text as the name of a company, None if it may be one. A bare domain is a name: `shop.example`."""
    if len(text) > COMPANY_CHARACTERS:
        return f"must have at most {COMPANY_CHARACTERS} characters"
    if not any(character.isalpha() for character in text):
        return "must hold a letter"
    if _URL.search(text):
        return "must be a name, not a URL or an e-mail address"
    is_sentence = any(len(word) >= (_LONG_LOWER_WORD if word.islower() else _LONG_WORD) for word in _END_OF_SENTENCE.findall(text))
    if is_sentence or len(text.split()) > _COMPANY_WORDS or "\n" in text:
        return f"must be a name of at most {_COMPANY_WORDS} words in one line, not a sentence"
    return None


def same_name(one: str, other: str) -> bool:
    """Tell whether two names differ in capitals and spaces at most."""
    return one.casefold().split() == other.casefold().split()


def _without_marks(text: str) -> str:
    """Return the text without combining marks, such as the vowel signs of Hindi: they belong to the letter before them."""
    return "".join(one for one in unicodedata.normalize("NFC", text) if not unicodedata.category(one).startswith("M"))


def _decoded(entity: re.Match[str]) -> str:
    return _unescaped(entity[0])


@lru_cache(256)
def _unescaped(entity: str) -> str:
    return html.unescape(entity)
