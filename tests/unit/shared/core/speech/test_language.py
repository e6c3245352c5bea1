"""A language that would fail in the middle of a call is refused when it is read."""

from dataclasses import replace

import pytest

from shared import languages
from shared.core.errors import InvalidValueError
from shared.core.speech.language import Language, Noun
from shared.core.speech.number_words import Gender, Plural

SQ = languages.load("sq")


def _with_line(key: str, text: str) -> Language:
    return replace(SQ, lines={**SQ.lines, key: text})


def test_a_missing_line_is_named() -> None:
    lines = {key: text for key, text in SQ.lines.items() if key != "ask"}
    with pytest.raises(InvalidValueError, match="line 'ask' is missing"):
        replace(SQ, lines=lines)


def test_an_unknown_line_is_named() -> None:
    with pytest.raises(InvalidValueError, match="line 'aks' is unknown"):
        _with_line("aks", "A e konfirmoni?")


@pytest.mark.parametrize("text", ["Shuma është e madhe.", "{total} {total}", "{total} {company}"])
def test_a_line_must_hold_its_placeholders_once(text: str) -> None:
    with pytest.raises(InvalidValueError, match="'details_total' must hold"):
        _with_line("details_total", text)


def test_a_line_without_placeholders_must_have_none() -> None:
    with pytest.raises(InvalidValueError, match="'ask' must hold no placeholder"):
        _with_line("ask", "A e konfirmoni {items}?")


def test_the_greeting_must_disclose_the_assistant() -> None:
    with pytest.raises(InvalidValueError, match="doesn't say 'asistent automatik'"):
        _with_line("greeting", "Përshëndetje nga {company} për porosinë {order_id}, me inteligjencë artificiale.")
    with pytest.raises(InvalidValueError, match="not named"):
        replace(SQ, disclosure=())


def test_the_stored_disclosure_must_disclose_the_assistant() -> None:
    with pytest.raises(InvalidValueError, match="stored prompt 'disclosure' doesn't say 'inteligjencë artificiale'"):
        replace(SQ, stored={**SQ.stored, "disclosure": "Jam një asistent automatik."})


@pytest.mark.parametrize(
    ("stored", "fault"),
    [
        ({}, "stored prompt 'keypad' is missing"),
        ({**SQ.stored, "hello": "Alo"}, "stored prompt 'hello' is unknown"),
        ({**SQ.stored, "goodbye": "Faleminderit nga {company}!"}, "'goodbye' must hold no placeholder"),
    ],
)
def test_stored_prompts_are_complete_and_hold_no_placeholder(stored: dict[str, str], fault: str) -> None:
    with pytest.raises(InvalidValueError, match=fault):
        replace(SQ, stored=stored)


def test_a_language_needs_a_speller() -> None:
    with pytest.raises(InvalidValueError, match="no speller"):
        replace(SQ, code="fr")


def test_a_noun_without_a_few_form_takes_its_other_form() -> None:
    noun = Noun(gender=Gender.MASCULINE, one="lek", other="lekë")
    assert [noun.after(plural) for plural in (Plural.ONE, Plural.FEW, Plural.OTHER)] == ["lek", "lekë", "lekë"]
