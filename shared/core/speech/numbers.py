"""Numbers as words, because a speech model reads digits unpredictably: one number, a counted noun, the numbers in a text."""

import re

from shared.core.speech.language import Language, Noun
from shared.core.speech.number_words import LARGEST, Gender

_LONGEST_NUMBER = len(str(LARGEST))
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]{1,2})(?![0-9]))?")
_EDGE_OF_WORD = re.compile(r"(?<=[0-9])(?=[^\W\d_])|(?<=[^\W\d_])(?=[0-9])")


def cardinal(number: int, language: Language, gender: Gender = Gender.BARE) -> str:
    """Return the number as words; one above 999,999,999 digit by digit."""
    if number > LARGEST:
        return digits(str(number), language)
    return language.speller.cardinal(number, gender)


def digits(text: str, language: Language) -> str:
    """Return the name of each digit in the text."""
    return " ".join(language.speller.cardinal(int(digit), Gender.BARE) for digit in text)


def counted(number: int, noun: Noun, language: Language) -> str:
    """Return the number with its noun in the right form: "tri porosi", "dva evra"."""
    return f"{cardinal(number, language, noun.gender)} {noun.after(language.speller.plural(number))}"


def in_words(text: str, language: Language) -> str:
    """Return a text with its abbreviations written out and its numbers as words.

    A number with a leading zero, or with more than nine digits, is said digit by digit.
    """
    words = language.speech
    for short, full in words.abbreviations.items():
        end = r"\b" if short[-1].isalnum() else ""
        text = re.sub(rf"\b{re.escape(short)}{end}", f"{full} ", text, flags=re.IGNORECASE)

    def spoken(match: re.Match[str]) -> str:
        whole = _run_of_digits(match[1], language)
        return words.decimal.format(whole=whole, fraction=_run_of_digits(match[2], language)) if match[2] else whole

    replaced = _NUMBER.sub(spoken, _EDGE_OF_WORD.sub(" ", text))
    return " ".join(replaced.split())


def _run_of_digits(run: str, language: Language) -> str:
    if len(run) > _LONGEST_NUMBER or (run.startswith("0") and run != "0"):
        return digits(run, language)
    return cardinal(int(run), language)
