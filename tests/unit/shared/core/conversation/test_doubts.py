"""A decision that the model reports must be meant: what contradicts the line or the quote is refused once, with the reason."""

import json
from dataclasses import replace

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.actions import Action, AnswerTool, RecordVerdict, Respond
from shared.core.conversation.call_plan import AnswerWords
from tests.unit.shared.core.conversation.script_support import LINES, Talk, answered, greeted

WORDS = AnswerWords(yes=("po", "patjetër"), no=("jo", "nuk e dua"), change=("ndryshim", "wants", "to", "change", "the", "address"))
JUDGING = replace(LINES, words=WORDS)


def report(talk: Talk, at: float, outcome: str, **fields: object) -> list[Action]:
    return talk.calls(at, "record_outcome", json.dumps({"outcome": outcome, **fields}))


def is_recorded(actions: list[Action]) -> bool:
    return any(isinstance(action, RecordVerdict) for action in actions)


def refusal(actions: list[Action]) -> str:
    assert not is_recorded(actions)
    assert isinstance(actions[-1], Respond)
    answer = next(action for action in actions if isinstance(action, AnswerTool))
    told = json.loads(answer.output)
    assert told["status"] == "refused"
    return str(told["error"])


def test_a_confirmation_without_a_word_of_the_customer_is_refused_once() -> None:
    talk = greeted(lines=JUDGING)
    assert "Nobody has spoken" in refusal(report(talk, 3, "confirmed", quote="po"))
    assert is_recorded(report(talk, 4, "confirmed", quote="po"))


def test_a_word_before_the_question_does_not_answer_it() -> None:
    talk = answered(lines=JUDGING)
    talk.speaks(3)
    talk.hears_all(4)
    assert "Nobody has spoken" in refusal(report(talk, 5, "confirmed", quote="po"))


def test_a_word_over_the_question_answers_it() -> None:
    talk = answered(lines=JUDGING)
    talk.speaks(3, ms=3000)
    talk.at(4, ev.SpeechStarted())
    talk.at(4.5, ev.SpeechStopped())
    assert is_recorded(report(talk, 5, "confirmed", quote="po"))


def test_a_question_in_the_response_that_confirms_is_not_answered_by_an_earlier_word_twice() -> None:
    talk = answered(lines=JUDGING)
    assert is_recorded(talk.calls(3, "record_outcome", '{"outcome": "confirmed"}', ms=600)), "words beside the tool ask nothing"


def test_a_question_that_was_cut_off_asks_nothing() -> None:
    talk = answered(lines=JUDGING)
    talk.at(3, ev.ResponseStarted("cut"))
    talk.at(3, ev.AudioBegan("cut", "i"))
    talk.at(3.1, ev.ResponseDone("cut", ev.ResponseStatus.CANCELLED))
    assert is_recorded(report(talk, 4, "confirmed", quote="po"))


def test_an_answer_in_two_items_asks_since_its_first() -> None:
    talk = answered(lines=JUDGING)
    talk.at(3, ev.ResponseStarted("two"))
    talk.at(3, ev.AudioBegan("two", "a"))
    talk.at(3.2, ev.SpeechStarted())
    talk.at(3.3, ev.AudioBegan("two", "b"))
    talk.at(3.4, ev.ResponseDone("two", ev.ResponseStatus.COMPLETED))
    assert is_recorded(report(talk, 4, "confirmed", quote="po"))


@pytest.mark.parametrize("quote", ["Jo.", "jo, nuk e dua"])
def test_a_no_confirms_nothing(quote: str) -> None:
    talk = answered(lines=JUDGING)
    assert "means no" in refusal(report(talk, 3, "confirmed", quote=quote))
    assert is_recorded(report(talk, 4, "confirmed", quote=quote)), "a model that insists is believed"


@pytest.mark.parametrize("quote", ["Si jo!", "po", None])
def test_other_words_may_confirm(quote: str | None) -> None:
    assert is_recorded(report(answered(lines=JUDGING), 3, "confirmed", quote=quote))


def test_a_quote_is_judged_in_the_language_that_the_model_names() -> None:
    assert is_recorded(report(answered(lines=JUDGING), 3, "confirmed", quote="jo", language="en"))
    assert refusal(report(answered(lines=JUDGING), 3, "confirmed", quote="jo", language="xx"))


def test_a_yes_alone_cancels_nothing_without_the_wish_before_it() -> None:
    talk = answered(lines=JUDGING)
    assert "wish" in refusal(report(talk, 3, "cancelled", quote="Po, patjetër."))
    assert is_recorded(report(talk, 4, "cancelled", quote="Po, patjetër."))


def test_a_cancellation_with_both_quotes_is_recorded_with_both() -> None:
    actions = report(answered(lines=JUDGING), 3, "cancelled", quote="Po, patjetër.", wish="Nuk e dua më.")
    record = next(action for action in actions if isinstance(action, RecordVerdict))
    assert (record.report.wish, record.report.quote) == ("Nuk e dua më.", "Po, patjetër.")


def test_a_cancellation_in_whole_words_needs_no_other_wish() -> None:
    assert is_recorded(report(answered(lines=JUDGING), 3, "cancelled", quote="Po, anulojeni"))


@pytest.mark.parametrize("note", [None, "Ndryshim.", "wants to change the address"])
def test_a_change_without_content_is_asked_back_once(note: str | None) -> None:
    talk = answered(lines=JUDGING)
    assert "what is to change" in refusal(report(talk, 3, "change_requested", note=note, change={}))
    assert is_recorded(report(talk, 4, "change_requested", note=note))


@pytest.mark.parametrize(
    "fields",
    [{"note": "leave it with the neighbour"}, {"change": {"date": "nesër"}}, {"note": "ndryshim", "change": {"phone": "044"}}],
)
def test_a_change_with_content_is_recorded(fields: dict[str, object]) -> None:
    assert is_recorded(report(answered(lines=JUDGING), 3, "change_requested", **fields))


def test_each_reason_is_given_once_a_call() -> None:
    talk = answered(lines=JUDGING)
    assert "means no" in refusal(report(talk, 3, "confirmed", quote="jo"))
    assert "what is to change" in refusal(report(talk, 4, "change_requested"))
    assert is_recorded(report(talk, 5, "change_requested"))


def test_what_is_reported_during_the_goodbye_answers_no_question() -> None:
    talk = greeted(lines=JUDGING)
    talk.at(2.5, ev.ResponseStarted("other"))
    talk.at(3, ev.KeyPressed("2"))
    call = (ev.ToolCall("c", "record_outcome", json.dumps({"outcome": "confirmed", "quote": "po"})),)
    assert is_recorded(talk.at(3.1, ev.ResponseDone("other", ev.ResponseStatus.COMPLETED, call)))
