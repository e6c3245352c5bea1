"""Every word of the language files is in a dictionary that others have made, or among the exceptions of `language_words.toml`.

A dictionary finds a misspelt word and a word of another language, not a wrong ending: a native speaker's review stays necessary.
"""

import random
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared import languages
from tests.support.dictionaries import dictionary

FOLDER = Path(languages.__file__).parent
CODES = languages.supported()
NO_WORDS = {"code", "name", "transcription_code", "calling_codes", "certainty", "letters", "gender"}
"""Fields that hold no words of the language: codes, English, and the names of letters, which no dictionary has."""
FEWEST_FOUND = 0.85
ENGLISH = "english"

pytestmark = pytest.mark.timeout(300)  # the Albanian analyser loads for half a minute of processor time


def texts(value: object) -> Iterator[str]:
    """Yield every text of the language below that value, whatever its field is called."""
    match value:
        case str():
            yield value
        case list():
            for one in value:
                yield from texts(one)
        case dict():
            for name, one in value.items():
                if name == "guidance":  # English, with the customers' words in quotation marks
                    yield from re.findall(r'"([^"]*)"', one)
                elif name not in NO_WORDS:
                    yield from texts(one)
        case _:
            raise TypeError(type(value))


def words(text: str) -> list[str]:
    """Return the words, without placeholders and names of lines (`{company}`, `[ask]`)."""
    return re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.sub(r"\{\w*\}|\[\w*\]", " ", text))


def raw(code: str) -> dict[str, object]:
    return tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))


@cache
def words_of(code: str) -> frozenset[str]:
    """Return the words of a language file; of `english`, those that only the speech model reads."""
    if code != ENGLISH:
        return frozenset(word for text in texts(raw(code)) for word in words(text))
    guidance = [str(raw(one)["guidance"]) + str(raw(one)["name"]) for one in CODES]
    prompts = [path.read_text(encoding="utf-8") for path in (FOLDER / "prompts").glob("*.txt")]
    quoted = r'"[^"]*"|«[^»]*»|`[^`]*`'
    return frozenset(word for text in guidance + prompts for word in words(re.sub(quoted, " ", text)))


@cache
def exceptions(code: str) -> frozenset[str]:
    """Return the words that are right although the dictionary does not know them."""
    by_reason = tomllib.loads(Path(__file__).with_name("language_words.toml").read_text(encoding="utf-8"))[code]
    return frozenset(word for listed in by_reason.values() for word in listed)


def misspelt(word: str, rng: random.Random) -> str:
    """Leave a letter out, double it, or exchange it with the next one."""
    place = rng.randrange(len(word) - 1)
    before, letter, following, after = word[:place], word[place], word[place + 1], word[place + 2 :]
    return before + rng.choice((following, letter + letter + following, following + letter)) + after


@pytest.mark.parametrize("code", [*CODES, ENGLISH])
def test_every_word_is_in_a_dictionary(code: str) -> None:
    knows = dictionary("en" if code == ENGLISH else code)
    assert len(words_of(code)) > 150
    assert sorted(word for word in words_of(code) - exceptions(code) if not knows(word)) == []


@pytest.mark.parametrize("code", [*CODES, ENGLISH])
def test_no_exception_is_in_the_dictionary(code: str) -> None:
    knows = dictionary("en" if code == ENGLISH else code)
    assert sorted(word for word in exceptions(code) if knows(word)) == []


@pytest.mark.parametrize("code", CODES)
def test_the_dictionary_finds_misspelt_words(code: str) -> None:
    knows, rng = dictionary(code), random.Random(code)
    long = sorted(word for word in words_of(code) - exceptions(code) if len(word) > 4)
    wrong = [one for word in long if (one := misspelt(word, rng)) != word]
    assert sum(not knows(word) for word in wrong) / len(wrong) > FEWEST_FOUND


def test_a_field_that_is_added_later_is_checked_too() -> None:
    assert list(texts({"code": "sq", "stored": {"new": "Një."}, "later": ["fjalë", {"x": "tjetër"}]})) == [
        "Një.",
        "fjalë",
        "tjetër",
    ]
    assert list(texts({"guidance": 'Later: "më vonë".'})) == ["më vonë"]
    assert words("A jeni ju {name}? [ask] t'ju") == ["A", "jeni", "ju", "t'ju"]
