"""Whether a text consists of phrases and nothing else."""

import pytest

from shared.core.phrases import consists_of

NO = ("jo", "nuk e dua", "s'e du", "HAYIR")


@pytest.mark.parametrize(
    "text",
    ["Jo.", "jo, jo!", "Jo… nuk e dua.", "nuk e dua", "S’e du", "hayır", "JO; NUK E DUA"],
)
def test_phrases_in_any_case_and_number_are_nothing_else(text: str) -> None:
    assert consists_of(text, NO)


@pytest.mark.parametrize("text", ["", "…", None, "po", "si jo", "jo tani", "nuk e", "e dua", "jot"])
def test_any_other_word_is_something_else(text: str | None) -> None:
    assert not consists_of(text, NO)


def test_accents_do_not_count() -> None:
    assert consists_of("necu", ("neću",))
    assert consists_of("οχι", ("όχι",))


def test_a_phrase_without_words_is_none() -> None:
    assert not consists_of("jo", ("…",))
