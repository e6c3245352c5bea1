"""A response of the model that ends with neither a sound nor a tool call: the line is never dead because of it."""

import json

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    Action,
    AnswerTool,
    CancelResponse,
    DropModel,
    EndConversation,
    PlayStored,
    RecordDisclosure,
    Respond,
    Say,
    TellModel,
)
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.state.timers import Timer
from shared.core.order import OnMachine
from tests.unit.shared.core.conversation.script_support import Talk, answered, greeted

COMPLETED, CANCELLED, INCOMPLETE = ev.ResponseStatus.COMPLETED, ev.ResponseStatus.CANCELLED, ev.ResponseStatus.INCOMPLETE
ANY_END = pytest.mark.parametrize("status", [COMPLETED, CANCELLED, INCOMPLETE], ids=lambda status: status.name.lower())
CONFIRMED = json.dumps({"outcome": "confirmed"})


def answered_silently(talk: Talk, now: float, response: str, status: ev.ResponseStatus = COMPLETED) -> list[Action]:
    return talk.at(now, ev.ResponseStarted(response)) + talk.at(now, ev.ResponseDone(response, status))


def picked_up() -> Talk:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    assert talk.at(0, ev.CalleeOnLine()) == [Say("greeting")]
    return talk


def asked() -> Talk:
    """A talk whose customer's last word was said at second 4."""
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    return talk


@ANY_END
def test_a_silent_greeting_is_asked_for_once_more_then_a_stored_prompt_speaks(status: ev.ResponseStatus) -> None:
    talk = picked_up()
    assert answered_silently(talk, 1, "r", status) == [Say("greeting")]
    told, prompt = answered_silently(talk, 2, "s", status)
    assert isinstance(told, TellModel)
    assert prompt == PlayStored("keypad", "stored:1")
    talk.plays_stored(2, "stored:1")
    assert talk.hears_all(3) == [RecordDisclosure()]
    assert talk.wait() == (9, [Say("not heard")])


@ANY_END
def test_a_silent_answer_is_asked_for_once_more_then_a_stored_prompt_speaks(status: ev.ResponseStatus) -> None:
    talk = asked()
    (again,) = answered_silently(talk, 5, "own", status)
    assert isinstance(again, Respond)
    assert again.hint is not None
    assert "aloud" in again.hint
    assert answered_silently(talk, 6, "again", status)[-1] == PlayStored("keypad", "stored:1")
    assert talk.is_in(State.TALKING)


def test_a_second_answer_that_is_heard_is_an_answer_like_any_other() -> None:
    talk = asked()
    answered_silently(talk, 5, "own")
    talk.speaks(6)
    talk.hears_all(7)
    assert talk.wait() == (13, [Say("not heard")])


def test_a_filler_before_a_second_answer_comes_as_if_it_were_the_first() -> None:
    talk = asked()
    talk.at(5, ev.ResponseStarted("own"))
    talk.at(7, ev.ResponseDone("own", COMPLETED))
    now, actions = talk.wait()
    assert now == pytest.approx(7.3)
    assert actions == [PlayStored("filler_1", "stored:1")]


def test_a_filler_before_a_second_greeting_comes_as_if_it_were_the_first() -> None:
    talk = picked_up()
    answered_silently(talk, 2, "r")
    assert talk.wait()[0] == pytest.approx(3.3)


@pytest.mark.parametrize("line", ["not heard", "keypad"])
def test_a_silent_prompt_into_the_silence_is_repeated_too_and_the_silence_goes_on(line: str) -> None:
    talk = greeted()
    now, actions = talk.wait()
    if line == "keypad":
        talk.speaks(now)
        talk.hears_all(now + 1)
        now, actions = talk.wait()
    assert actions == [Say(line)]
    assert answered_silently(talk, now + 1, "r") == [Say(line)]
    assert answered_silently(talk, now + 2, "s")[-1] == PlayStored("keypad", "stored:1")
    talk.plays_stored(now + 2, "stored:1")
    talk.hears_all(now + 3)
    assert talk.wait()[1] == [Say("keypad" if line == "not heard" else "goodbye undecided")]


@ANY_END
def test_a_silent_goodbye_is_a_stored_one_at_once(status: ev.ResponseStatus) -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert answered_silently(talk, 3.5, "bye", status) == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_final_words_that_turn_detection_cancelled_are_stored_ones() -> None:
    talk = greeted()
    talk.at(3, ev.OrderWithdrawn())
    talk.at(3.1, ev.ResponseStarted("bye"))
    assert talk.at(3.2, ev.SpeechStarted()) == []
    stored = talk.at(3.3, ev.ResponseDone("bye", CANCELLED, reason="turn_detected"))
    assert stored == [DropModel(), PlayStored("goodbye", "stored:1")]


def test_a_silent_response_that_gives_way_to_a_goodbye_is_not_repeated() -> None:
    talk = asked()
    talk.at(4.5, ev.ResponseStarted("own"))
    assert talk.at(5, ev.KeyPressed("1"))[0] == CancelResponse("own")
    assert talk.at(5.1, ev.ResponseDone("own", CANCELLED)) == [Say("goodbye confirmed")]
    assert talk.wait()[1] == [PlayStored("filler_1", "stored:1")]


def test_a_silent_response_is_not_repeated_while_the_customer_speaks() -> None:
    talk = asked()
    talk.at(4.5, ev.ResponseStarted("own"))
    talk.at(4.6, ev.SpeechStarted())
    assert talk.at(4.7, ev.ResponseDone("own", CANCELLED)) == []
    talk.at(5, ev.SpeechStopped())
    assert talk.wait()[0] == 7


def test_an_answer_that_is_not_heard_after_a_decision_leads_to_the_goodbye() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=3000)
    talk.at(4, ev.SpeechStarted())
    talk.at(5, ev.SpeechStopped())
    answered_silently(talk, 5.5, "own")
    assert answered_silently(talk, 6, "again") == [Say("goodbye confirmed")]
    assert talk.is_in(State.CLOSING)


def test_a_silent_response_of_the_models_own_during_the_goodbye_changes_nothing() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=3000)
    assert answered_silently(talk, 4, "own") == []
    assert talk.hears_all(6.5) == [EndConversation(None, "decided")]


def test_a_talk_in_which_nobody_has_been_greeted_does_not_stay_silent() -> None:
    talk = picked_up()
    talk.at(0.2, ev.KeyPressed("9"))
    talk.at(0.3, ev.ResponseStarted("greeting"))
    talk.at(0.4, ev.ResponseDone("greeting", CANCELLED))
    talk.speaks(0.5)
    talk.hears_all(2)
    assert talk.wait() == (8, [Say("greeting")])


def test_a_finished_call_of_a_response_that_was_cut_off_is_answered_so_that_it_is_made_again() -> None:
    talk = asked()
    talk.at(4.5, ev.ResponseStarted("own"))
    call = (ev.ToolCall("c", "record_outcome", CONFIRMED),)
    answer, again = talk.at(5, ev.ResponseDone("own", INCOMPLETE, void_calls=call))
    assert isinstance(answer, AnswerTool)
    assert json.loads(answer.output)["status"] == "not_recorded"
    assert isinstance(again, Respond)
    assert talk.is_in(State.TALKING)


def test_the_customer_who_cut_a_response_off_is_answered_before_a_call_is_made_again() -> None:
    talk = asked()
    talk.at(4.5, ev.ResponseStarted("own"))
    talk.at(4.6, ev.SpeechStarted())
    call = (ev.ToolCall("c", "record_outcome", CONFIRMED),)
    (answer,) = talk.at(4.7, ev.ResponseDone("own", CANCELLED, void_calls=call))
    assert isinstance(answer, AnswerTool)


def test_a_call_without_an_id_counts_but_cannot_be_answered() -> None:
    talk = answered()
    talk.at(3, ev.ResponseStarted("r"))
    call = (ev.ToolCall("", "record_outcome", CONFIRMED),)
    actions = talk.at(3, ev.ResponseDone("r", COMPLETED, call))
    assert [type(action).__name__ for action in actions] == ["RecordVerdict", "Say"]


def test_an_answer_that_owes_the_disclosure_and_was_silent_still_owes_it() -> None:
    talk = picked_up()
    talk.speaks(0.5, ms=3000)
    assert any(isinstance(action, TellModel) for action in talk.at(1.6, ev.SpeechStarted()))
    talk.at(3, ev.SpeechStopped())
    reminder, again = answered_silently(talk, 3.5, "own")
    assert isinstance(reminder, TellModel)
    assert "«disclosure»" in reminder.text
    assert isinstance(again, Respond)


def test_a_goodbye_that_only_calls_a_tool_is_a_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.calls(3.5, "end_call", "{}")[1:] == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_a_silent_response_to_a_machine_is_not_repeated() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", json.dumps({"outcome": "machine"}))
    assert answered_silently(talk, 4, "own") == []


def test_a_second_answer_asked_for_while_a_filler_is_due_sets_its_own_wait() -> None:
    talk = asked()
    talk.at(5, ev.ResponseStarted("own"))
    now, actions = talk.wait()
    assert actions == [PlayStored("filler_1", "stored:1")]
    talk.at(now + 0.1, ev.ResponseDone("own", COMPLETED))
    assert talk.machine._conversation.timers.is_set(Timer.FILLER)
