"""Numbers, prices, dates and order ids as words, because a speech model reads digits as it likes."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from shared.core.order import Money
from shared.core.speech.language import Language, Noun
from shared.core.speech.number_words import LARGEST, Gender

LONGEST_SPOKEN_ID = 16
"""Letters and digits of an order id that a person can follow; of a longer one only the end is said."""
ID_ENDING = 6

_HUNDREDTH = Decimal("0.01")
_HUNDRED = 100
_LONGEST_NUMBER = len(str(LARGEST))
_ID_PIECE = re.compile(r"[^\W\d_]+|[0-9]+|.", re.DOTALL)
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2})(?![0-9]))?")
_EDGE_OF_WORD = re.compile(r"(?<=[0-9])(?=[^\W\d_])|(?<=[^\W\d_])(?=[0-9])")
_GROUPS = {1: (1,), 2: (2,), 3: (3,), 4: (4,), 5: (3, 2), 6: (3, 3), 7: (3, 4), 8: (4, 4), 9: (3, 3, 3)}


def cardinal(number: int, language: Language, gender: Gender = Gender.BARE) -> str:
    """The number as words; one above 999,999,999 digit by digit."""
    if number > LARGEST:
        return digits(str(number), language)
    return language.speller.cardinal(number, gender)


def digits(text: str, language: Language) -> str:
    """Each digit of the text by its name."""
    return " ".join(language.speller.cardinal(int(digit), Gender.BARE) for digit in text)


def counted(number: int, noun: Noun, language: Language) -> str:
    """The number with its noun in the right form: "tri porosi", "dva evra"."""
    return f"{cardinal(number, language, noun.gender)} {noun.after(language.speller.plural(number))}"


def price(money: Money, language: Language) -> str:
    """An amount as it is said at a till: units, then hundredths if there are any.

    A currency that the language has no words for is said as a decimal number and the letters of its code.
    """
    amount = abs(money.amount).quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)
    major, minor = int(amount), int(amount * _HUNDRED) % _HUNDRED
    words = language.speech.currencies.get(money.currency.upper())
    if words is None:
        number = f"{major}.{minor:02}" if minor else str(major)
        return f"{in_words(number, language)} {order_id(money.currency, language)}"
    if minor == 0:
        return counted(major, words.major, language)
    if major == 0:
        return counted(minor, words.minor, language)
    return language.speech.price.format(major=counted(major, words.major, language), minor=counted(minor, words.minor, language))


def day(moment: date, language: Language) -> str:
    """A date without its year: "e mërkurë, njëzet e pesë nëntor"."""
    words = language.speech
    return words.date.format(
        weekday=words.weekdays[moment.weekday()], day=words.days[moment.day - 1], month=words.months[moment.month - 1]
    )


def order_id(identifier: str, language: Language) -> str:
    """An id as one reads it out: letters by name, digits one by one in groups of two to four, pauses between.

    Of an id with more than 16 letters and digits only the last six are said, and that they are the end.
    """
    spoken = [character for character in identifier if character.isalnum()]
    if len(spoken) > LONGEST_SPOKEN_ID:
        ending = "".join(spoken[-ID_ENDING:])
        return language.speech.id_ending.format(ending=_spelled(ending, language))
    return _spelled(identifier, language)


def in_words(text: str, language: Language) -> str:
    """Free text with its abbreviations written out and its numbers as words; long digit runs digit by digit."""
    words = language.speech
    for short, full in words.abbreviations.items():
        end = r"\b" if short[-1].isalnum() else ""
        text = re.sub(rf"\b{re.escape(short)}{end}", f"{full} ", text, flags=re.IGNORECASE)

    def spoken(match: re.Match[str]) -> str:
        whole = _run(match[1], language)
        return words.decimal.format(whole=whole, fraction=_run(match[2], language)) if match[2] else whole

    replaced = _NUMBER.sub(spoken, _EDGE_OF_WORD.sub(" ", text))
    return " ".join(replaced.split())


def _run(run: str, language: Language) -> str:
    if len(run) > _LONGEST_NUMBER or (run.startswith("0") and run != "0"):
        return digits(run, language)
    return cardinal(int(run), language)


def _spelled(identifier: str, language: Language) -> str:
    pieces = []
    for piece in _ID_PIECE.findall(identifier):
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
    while left not in _GROUPS:
        sizes.append(4)
        left -= 4
    groups = []
    start = 0
    for size in (*sizes, *_GROUPS[left]):
        groups.append(digits(run[start : start + size], language))
        start += size
    return groups
