"""The beginning or the end of a response that the model does not tell: its audio and its tool calls count all the same."""

import json

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    AnswerTool,
    CancelResponse,
    DropModel,
    EndConversation,
    PlayStored,
    RecordDisclosure,
    RecordVerdict,
    Say,
    SendMark,
)
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.state.timers import Timer
from tests.unit.shared.core.conversation.script_support import Talk, answered, greeted

COMPLETED = ev.ResponseStatus.COMPLETED
CONFIRMED = (ev.ToolCall("c", "record_outcome", json.dumps({"outcome": "confirmed"})),)


def speaking(talk: Talk, now: float, response: str = "r", *, ms: float = 1000) -> Talk:
    """The same talk while audio of a response is heard whose end has not been told."""
    talk.at(now, ev.ResponseStarted(response))
    talk.playback.append(response, ms, now)
    talk.at(now, ev.AudioBegan(response, response))
    return talk


def test_a_greeting_whose_end_is_never_told_is_over_a_while_after_its_audio() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    speaking(talk, 1)
    assert talk.wait() == (4.5, [SendMark("m1"), CancelResponse("r")])
    assert talk.at(4.6, ev.MarkEchoed("m1")) == [RecordDisclosure()]
    assert talk.wait() == (10.6, [Say("not heard")])


def test_a_goodbye_whose_end_is_never_told_ends_the_call() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    speaking(talk, 4)
    assert talk.wait()[1] == [SendMark("m2"), CancelResponse("r")]
    assert talk.at(7.6, ev.MarkEchoed("m2")) == [EndConversation(None, "decided")]


def test_audio_that_is_still_being_played_is_not_over() -> None:
    talk = greeted()
    speaking(talk, 3)
    talk.playback.append("r", 4000, 3.5)
    assert talk.wait() == (6.5, [])
    assert talk.wait() == (10.5, [SendMark("m2"), CancelResponse("r")])


def test_what_waits_for_the_end_that_is_never_told_is_asked_for_then() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    speaking(talk, 3.5)
    talk.at(4, ev.SpeechStarted())
    talk.at(4.2, ev.SpeechStopped())
    talk.wait()
    _, actions = talk.wait()
    assert actions[0] == CancelResponse("r")
    assert talk.machine._conversation.response_slot.running is None


def test_a_decision_that_comes_after_all_counts() -> None:
    talk = answered()
    speaking(talk, 3)
    talk.wait()
    actions = talk.at(8, ev.ResponseDone("r", COMPLETED, CONFIRMED))
    assert [type(action) for action in actions] == [AnswerTool, RecordVerdict, Say]
    assert talk.at(8.1, ev.ResponseDone("r", COMPLETED, CONFIRMED)) == []


def test_an_end_without_an_id_is_that_of_the_running_response() -> None:
    talk = speaking(greeted(), 3)
    assert talk.at(3.5, ev.ResponseDone("", COMPLETED)) == [SendMark("m2")]
    assert talk.at(3.6, ev.ResponseDone("", COMPLETED)) == []


def test_audio_tells_the_id_of_a_response_that_started_without_one() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted(""))
    talk.playback.append("i", 1000, 3)
    talk.at(3, ev.AudioBegan("r", "i"))
    assert talk.at(3.5, ev.KeyPressed("1"))[2] == CancelResponse("r")


def test_audio_proves_that_a_response_runs() -> None:
    talk = greeted()
    talk.playback.append("i", 1000, 3)
    talk.at(3, ev.AudioBegan("r", "i"))
    assert talk.at(3.2, ev.ResponseDone("r", COMPLETED)) == [SendMark("m2")]


def test_an_end_proves_that_the_response_we_asked_for_ran() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    assert talk.at(4, ev.ResponseDone("untold", COMPLETED)) == [Say("repeat")]


def test_a_response_without_audio_has_no_end_to_wait_for() -> None:
    talk = speaking(greeted(), 3)
    talk.at(3.1, ev.SpeechStarted())
    talk.at(3.2, ev.SpeechStopped())
    talk.at(3.3, ev.ResponseStarted("next"))
    assert talk.at(5.6, ev.DeadlineReached()) == []
    assert talk.is_in(State.TALKING)


def test_audio_is_waited_for_once_the_end_that_was_never_told_lets_a_request_go() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    talk.at(3.1, ev.SpeechStarted())
    talk.at(15.1, ev.DeadlineReached())
    assert talk.at(15.2, ev.ResponseStarted("r")) == [CancelResponse("r")]
    talk.playback.append("i", 20, 15.3)
    talk.at(15.3, ev.AudioBegan("r", "i"))
    assert talk.wait()[1] == [SendMark("m2"), CancelResponse("r"), Say("keypad")]
    assert talk.machine._conversation.timers.is_set(Timer.FIRST_AUDIO)


def test_a_refused_request_leaves_nothing_to_be_cancelled() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(1, ev.KeyPressed("9"))
    assert talk.at(1.1, ev.ResponseRefused()) == [Say("repeat")]
    assert talk.at(1.2, ev.ResponseStarted("repeat")) == []


def test_a_goodbye_that_we_cancelled_and_that_nothing_replaces_is_a_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.at(3.5, ev.ResponseStarted("bye"))
    talk.playback.mute("bye")
    assert talk.at(3.6, ev.ResponseDone("bye", COMPLETED)) == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_the_next_response_ends_one_whose_end_was_not_told() -> None:
    talk = speaking(greeted(), 3)
    talk.at(4.1, ev.SpeechStarted())
    talk.at(4.5, ev.SpeechStopped())
    assert talk.at(5, ev.ResponseStarted("next")) == [SendMark("m2")]
    assert talk.machine._conversation.timers.due(Timer.FILLER) == pytest.approx(7.8)


def test_a_wait_for_an_end_that_another_response_made_void_does_nothing() -> None:
    talk = speaking(greeted(), 3)
    talk.at(3.1, ev.KeyPressed("9"))
    talk.at(3.2, ev.ResponseDone("r", ev.ResponseStatus.CANCELLED))
    talk.at(3.3, ev.ResponseStarted("repeat"))
    speaking(talk, 3.4, "stranger")
    talk.at(4, ev.ResponseStarted("next"))
    assert talk.at(6.95, ev.DeadlineReached()) == []


def test_unknown_audio_does_not_stand_for_a_response_that_was_asked_for() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    talk.at(3.1, ev.AudioBegan("unknown", "i"))
    assert talk.machine._conversation.timers.is_set(Timer.FIRST_AUDIO)


def test_a_call_whose_responses_end_is_never_told_counts_after_a_while() -> None:
    talk = answered()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.2, ev.ToolCallFinished("r", CONFIRMED[0]))
    now, actions = talk.wait()
    assert now == pytest.approx(5.7)
    assert [type(action) for action in actions] == [AnswerTool, RecordVerdict, Say]
    assert talk.at(6.1, ev.ResponseDone("r", COMPLETED, CONFIRMED)) == []


def test_a_call_that_the_end_of_its_response_does_not_repeat_counts_once() -> None:
    talk = answered()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.5, ev.ToolCallFinished("", CONFIRMED[0]))
    actions = talk.at(3.6, ev.ResponseDone("r", COMPLETED))
    assert [type(action) for action in actions] == [AnswerTool, RecordVerdict, Say]


def test_a_call_that_the_end_of_its_response_repeats_counts_once() -> None:
    talk = answered()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.5, ev.ToolCallFinished("r", CONFIRMED[0]))
    actions = talk.at(3.6, ev.ResponseDone("r", COMPLETED, CONFIRMED))
    assert [type(action) for action in actions] == [AnswerTool, RecordVerdict, Say]


def test_a_call_of_a_response_that_the_customer_cut_off_does_not_count() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.5, ev.ToolCallFinished("r", CONFIRMED[0]))
    talk.at(3.6, ev.SpeechStarted())
    (answer,) = talk.at(3.7, ev.ResponseDone("r", ev.ResponseStatus.CANCELLED))
    assert isinstance(answer, AnswerTool)
    assert json.loads(answer.output)["status"] == "not_recorded"


def test_a_call_of_a_response_that_was_cut_off_and_never_ended_does_not_count() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.5, ev.ToolCallFinished("r", CONFIRMED[0]))
    talk.at(3.6, ev.SpeechStarted())
    assert talk.wait() == (6.0, [CancelResponse("r")])


def test_a_call_of_an_unknown_response_waits_for_its_end() -> None:
    talk = greeted()
    assert talk.at(3, ev.ToolCallFinished("stranger", CONFIRMED[0])) == []


def test_audio_of_no_response_is_heard_after_its_length() -> None:
    talk = greeted()
    talk.playback.append("", 1000, 3)
    talk.at(3, ev.AudioBegan("", ""))
    assert talk.wait() == (7, [])
    assert talk.wait()[1] == [Say("not heard")]
