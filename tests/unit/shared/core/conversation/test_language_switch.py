"""The change of language in the midst of a call, as scripts."""

import json

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    AnswerTool,
    EndConversation,
    PlayStored,
    RecordVerdict,
    Respond,
    Say,
    SwitchLanguage,
    TellModel,
)
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel, VerdictKind
from tests.unit.shared.core.conversation.script_support import Talk, answered, greeted

OK = AnswerTool("call_1", '{"status": "ok"}')


def wish(language: str, quote: str = "Do you speak English?", *, is_asked_for: bool = True) -> str:
    return json.dumps({"language": language, "quote": quote, "is_asked_for": is_asked_for})


def said_to(talk: Talk, now: float, arguments: str) -> list[object]:
    """The customer says something, and the model calls `switch_language`."""
    talk.at(now, ev.SpeechStarted())
    talk.at(now + 1, ev.SpeechStopped())
    return list(talk.calls(now + 1.5, "switch_language", arguments))


def in_english() -> Talk:
    """A talk in which the customer asked for English at second 3, and was answered by second 8."""
    talk = greeted()
    said_to(talk, 3, wish("en"))
    talk.speaks(5)
    talk.hears_all(8)
    return talk


def test_who_asks_for_a_language_is_told_in_it_who_calls_and_is_answered() -> None:
    answer, switch, respond = said_to(greeted(), 3, wish("en"))
    assert (answer, switch) == (OK, SwitchLanguage("en"))
    assert isinstance(respond, Respond)
    assert "«A robot.»" in (respond.hint or "")


def test_who_speaks_a_language_in_sentences_is_followed_into_it() -> None:
    assert SwitchLanguage("en") in said_to(greeted(), 3, wish("en", "Cancel it.", is_asked_for=False))


@pytest.mark.parametrize("arguments", [wish("en", "Okay.", is_asked_for=False), wish("fr"), "{}"])
def test_a_single_foreign_word_or_a_language_that_we_do_not_speak_changes_nothing(arguments: str) -> None:
    talk = greeted()
    refused, respond = said_to(talk, 3, arguments)
    assert isinstance(refused, AnswerTool)
    assert "refused" in refused.output
    assert isinstance(respond, Respond)
    assert "language you speak now" in (respond.hint or "")
    talk.speaks(5)
    assert talk.at(9, ev.KeyPressed("1"))[-1] == Say("goodbye confirmed")


def test_silence_is_broken_in_the_new_language() -> None:
    talk = in_english()
    assert talk.wait()[1] == [Say("Are you there?")]


def test_key_9_and_the_goodbye_are_in_the_new_language() -> None:
    talk = in_english()
    assert talk.at(9, ev.KeyPressed("9"))[-1] == Say("Again")
    talk.speaks(9.5)
    assert talk.at(20, ev.KeyPressed("2"))[-1] == Say("Bye cancelled")


def test_the_goodbye_of_who_did_not_decide_is_in_the_new_language() -> None:
    talk = in_english()
    assert talk.calls(9, "end_call", "{}") == [OK, Say("Bye undecided")]


def test_what_is_decided_in_another_language_ends_in_it_and_says_so() -> None:
    arguments = {"outcome": "confirmed", "quote": "Yes, send it", "language": "en"}
    report = OutcomeReport(kind=VerdictKind.CONFIRMED, quote="Yes, send it", language="en")
    said = answered().calls(3, "record_outcome", json.dumps(arguments))
    assert said == [OK, SwitchLanguage("en"), RecordVerdict(report, Channel.VOICE), Say("Bye confirmed")]


def test_a_one_word_decision_in_another_language_is_answered_in_the_calls_own() -> None:
    arguments = {"outcome": "confirmed", "quote": "yes", "language": "en"}
    assert answered().calls(3, "record_outcome", json.dumps(arguments))[-1] == Say("goodbye confirmed")


def test_a_decision_in_a_language_that_we_do_not_speak_is_answered_in_the_calls_own() -> None:
    arguments = {"outcome": "confirmed", "quote": "oui, bien sûr", "language": "fr"}
    assert answered().calls(3, "record_outcome", json.dumps(arguments))[-1] == Say("goodbye confirmed")


def test_back_in_the_first_language_nobody_is_told_again_who_calls() -> None:
    said = said_to(in_english(), 9, wish("sq"))
    assert said[1:] == [
        SwitchLanguage("sq"),
        Respond("You speak the customer's language now, and have its lines. Answer what the customer said last."),
    ]


def test_a_wish_for_the_language_that_is_spoken_is_only_answered() -> None:
    (answer, respond) = said_to(greeted(), 3, wish("sq"))
    assert answer == OK
    assert isinstance(respond, Respond)


def test_who_asks_for_a_language_during_the_goodbye_hears_it_in_that_language() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", json.dumps({"outcome": "confirmed", "quote": "po"}))
    talk.speaks(4, ms=3000)
    said_to(talk, 5, wish("en"))
    talk.speaks(8)
    talk.hears_all(10)
    assert talk.wait()[1] == [Say("Bye confirmed")]


def test_a_wish_beside_last_words_that_nobody_may_interrupt_is_not_answered() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3, ev.KeyPressed("1"))
    call = ev.ToolCall("call_1", "switch_language", wish("en"))
    assert talk.at(4, ev.ResponseDone("r", ev.ResponseStatus.COMPLETED, (call,)))[-1] == SwitchLanguage("en")
    assert talk.is_in(State.CLOSING)


def test_a_withdrawn_order_changes_no_language_any_more() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3, ev.OrderWithdrawn())
    call = ev.ToolCall("call_1", "switch_language", wish("en"))
    assert SwitchLanguage("en") not in talk.at(4, ev.ResponseDone("r", ev.ResponseStatus.COMPLETED, (call,)))


def test_who_cut_the_greeting_off_owes_its_disclosure_in_the_new_language() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5, ms=4000)
    assert TellModel in {type(action) for action in talk.at(1, ev.SpeechStarted())}
    talk.at(2, ev.SpeechStopped())
    assert "«A robot.»" in str(talk.calls(2.5, "switch_language", wish("en"))[-1])
    talk.speaks(3)
    assert "RecordDisclosure()" in [str(action) for action in talk.hears_all(5)]


def test_the_stored_prompts_follow_the_switch_with_the_bridge() -> None:
    talk = in_english()
    talk.at(9, ev.ModelLost("closed"))
    actions = talk.at(10, ev.ModelLost("closed"))
    assert [action.key for action in actions if isinstance(action, PlayStored)] == ["keypad"]
    assert not any(isinstance(action, EndConversation) for action in actions)
