"""The wording of a response: preambles, two items, and words that differ a little."""

import random

import pytest

from simulators.openai_realtime.dialogue.turns import Reply, ToolCall
from simulators.openai_realtime.responses.plan import Plan
from simulators.openai_realtime.responses.wording import PREAMBLES, Speech, reworded, speeches, traits_shown
from simulators.speech.phrases import PHRASES

CALL = (ToolCall("end_call", {}),)
WORDS = "Keni porositur kufje me valë. Totali është 59 euro. A e konfirmoni porosinë?"


def spoken(reply: Reply, plan: Plan, *, language: str = "sq") -> list[Speech]:
    return speeches(reply, plan, language=language, chance=random.Random(1))


def test_speech_is_one_item_of_the_very_words() -> None:
    assert spoken(Reply(WORDS), Plan(0)) == [Speech(WORDS, WORDS)]
    assert spoken(Reply(calls=CALL), Plan(0)) == []


def test_a_preamble_comes_before_calls_only_and_in_the_language() -> None:
    (before,) = spoken(Reply(calls=CALL), Plan(0, preamble=True), language="en")

    assert before.said in PREAMBLES["en"]
    assert before.phase == "commentary"
    assert spoken(Reply(WORDS), Plan(0, preamble=True)) == [Speech(WORDS, WORDS)]
    assert spoken(Reply(), Plan(0, preamble=True)) == []


def test_every_language_that_is_understood_has_preambles() -> None:
    assert set(PREAMBLES) >= {language.partition("-")[0] for language in PHRASES}


def test_two_items_share_the_words_at_the_first_sentence() -> None:
    first, second = spoken(Reply(WORDS), Plan(0, two_items=True))

    assert f"{first.said} {second.said}" == WORDS
    assert (first.said, first.phase, second.phase) == ("Keni porositur kufje me valë.", "commentary", "final_answer")
    assert spoken(Reply("Alo?"), Plan(0, two_items=True)) == [Speech("Alo?", "Alo?")]


def test_other_words_differ_in_one_word_and_say_what_was_meant() -> None:
    (item,) = spoken(Reply(WORDS), Plan(0, other_words=True))

    assert item.meant == WORDS != item.said
    assert abs(len(item.said.split()) - len(WORDS.split())) == 1


def test_neither_numbers_nor_the_last_mark_are_changed() -> None:
    said = {reworded(WORDS, random.Random(seed)) for seed in range(200)}

    assert len(said) > 10
    assert all("59" in words for words in said)
    assert all(abs(len(words.split()) - len(WORDS.split())) == 1 for words in said)


@pytest.mark.parametrize(
    ("reply", "plan", "shown"),
    [
        (Reply(WORDS), Plan(0, preamble=True, two_items=True), ["two_items"]),
        (Reply("Alo?"), Plan(0, two_items=True, other_words=True), []),
        (Reply(WORDS), Plan(0, other_words=True, silent_audio=True), ["other_words", "silent_audio"]),
        (Reply(calls=CALL), Plan(0, preamble=True), ["preamble"]),
        (Reply(calls=CALL), Plan(0, two_items=True, silent_audio=True, lost_done=True), ["lost_done"]),
    ],
)
def test_only_traits_that_really_show_are_named(reply: Reply, plan: Plan, shown: list[str]) -> None:
    assert traits_shown(plan, spoken(reply, plan), has_speech=bool(reply.speech)) == shown


def test_few_words_stay_as_they_are() -> None:
    assert reworded("Po, mirë.", random.Random(1)) == "Po, mirë."
