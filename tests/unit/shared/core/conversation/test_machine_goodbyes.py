"""The conversation near its end: silence, goodbyes talked over, keys and wishes that meet a running response."""

import json

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    AnswerTool,
    CancelResponse,
    ClearPlayback,
    DropModel,
    EndConversation,
    PlayStored,
    RecordVerdict,
    Say,
    SendMark,
    TruncateItem,
)
from shared.core.conversation.playback import HeardItem
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel, VerdictKind
from tests.unit.shared.core.conversation.script_support import Talk, answered, greeted

CONFIRMED = json.dumps({"outcome": "confirmed", "quote": "po"})
RECORDED = RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED, quote="po"), Channel.VOICE)
OK = AnswerTool("call_1", '{"status": "ok"}')


def test_the_tool_is_answered_before_the_goodbye_is_asked_for() -> None:
    talk = answered()
    actions = talk.calls(3, "record_outcome", CONFIRMED)
    assert actions == [OK, RECORDED, Say("goodbye confirmed")]


def test_speech_in_the_response_of_the_tool_is_heard_before_the_goodbye() -> None:
    talk = answered()
    actions = talk.calls(3, "record_outcome", CONFIRMED, ms=500)
    assert actions == [SendMark("m2"), OK, RECORDED, Say("goodbye confirmed")]
    talk.speaks(3.2)
    assert talk.at(3.6, ev.MarkEchoed("m2")) == []
    assert talk.hears_all(5) == [EndConversation(None, "decided")]


def test_a_sentence_beside_end_call_is_no_goodbye_for_who_has_not_decided() -> None:
    talk = greeted()
    assert talk.calls(3, "end_call", "{}", ms=3000) == [SendMark("m2"), OK, Say("goodbye undecided")]
    assert talk.hears_all(6) == []
    talk.speaks(6.5)
    assert talk.hears_all(8) == [EndConversation(Conclusion.UNDECIDED, "ended_by_agent")]


def decided_and_interrupted() -> Talk:
    """A talk in which the customer spoke into the goodbye of a decision, and waits for an answer since second 5."""
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.speaks(3.5, ms=3000)
    talk.at(4.6, ev.SpeechStarted())
    while not talk.is_in(State.TALKING):
        talk.wait()
    talk.at(6, ev.SpeechStopped())
    return talk


def test_a_long_sentence_beside_end_call_after_the_decision_is_the_goodbye() -> None:
    talk = decided_and_interrupted()
    assert talk.calls(6.5, "end_call", "{}", ms=1500)[-1] == OK
    assert talk.is_in(State.CLOSING)
    assert talk.hears_all(9) == [EndConversation(None, "decided")]


def test_a_short_one_is_followed_by_ours() -> None:
    talk = decided_and_interrupted()
    assert talk.calls(6.5, "end_call", "{}", ms=1000)[-1] == Say("goodbye confirmed")
    assert talk.hears_all(8) == []
    talk.speaks(8.5)
    assert talk.hears_all(10) == [EndConversation(None, "decided")]


def test_end_call_during_the_goodbye_changes_nothing() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.at(3.1, ev.ResponseStarted("bye"))
    talk.at(3.1, ev.AudioBegan("bye", "b"))
    talk.playback.append("b", 500, 3.1)
    call = (ev.ToolCall("x", "end_call", "{}"),)
    assert AnswerTool("x", '{"status": "ok"}') in talk.at(3.2, ev.ResponseDone("bye", ev.ResponseStatus.COMPLETED, call))
    assert talk.hears_all(4) == [EndConversation(None, "decided")]


def test_an_unknown_tool_is_refused() -> None:
    talk = greeted()
    answer = talk.calls(3, "transfer_money", "{}")[0]
    assert isinstance(answer, AnswerTool)
    assert json.loads(answer.output)["status"] == "refused"


def test_key_9_says_it_again() -> None:
    talk = greeted()
    assert talk.at(3, ev.KeyPressed("9")) == [Say("repeat")]


def test_a_newer_key_replaces_the_verdict_and_the_goodbye() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.at(3.2, ev.ResponseStarted("bye"))
    actions = talk.at(3.3, ev.KeyPressed("2"))
    assert actions[0] == CancelResponse("bye")
    assert RecordVerdict(OutcomeReport(kind=VerdictKind.CANCELLED), Channel.KEYPAD) in actions
    assert talk.at(3.4, ev.ResponseDone("bye", ev.ResponseStatus.CANCELLED)) == [Say("goodbye cancelled")]


def test_silence_brings_a_question_the_keypad_and_a_goodbye() -> None:
    talk = greeted()
    now, actions = talk.wait()
    assert (now, actions) == (8, [Say("not heard")])
    talk.speaks(8.5)
    talk.hears_all(9.5)
    now, actions = talk.wait()
    assert (now, actions) == (14, [Say("keypad")])
    talk.speaks(14.5)
    talk.hears_all(15.5)
    now, actions = talk.wait()
    assert (now, actions) == (22, [Say("goodbye undecided")])
    talk.speaks(22.5)
    assert talk.hears_all(24) == [EndConversation(Conclusion.UNDECIDED, "silence")]


def test_a_word_of_the_customer_ends_the_silence() -> None:
    talk = greeted()
    talk.wait()
    talk.at(8.1, ev.ResponseStarted("n"))
    talk.at(8.1, ev.SpeechStarted())
    talk.at(8.2, ev.ResponseDone("n", ev.ResponseStatus.CANCELLED))
    talk.at(9, ev.SpeechStopped())
    talk.speaks(9.5)
    talk.hears_all(11)
    assert talk.wait() == (17, [Say("not heard")])


def test_who_speaks_up_during_the_goodbye_is_heard_out_and_may_change_it() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.speaks(3.5, ms=2000)
    assert talk.at(4, ev.SpeechStarted())[0] == ClearPlayback()
    assert talk.is_in(State.TALKING)
    talk.at(5, ev.SpeechStopped())
    actions = talk.calls(5.5, "record_outcome", json.dumps({"outcome": "cancelled"}))
    assert RecordVerdict(OutcomeReport(kind=VerdictKind.CANCELLED), Channel.VOICE) in actions
    assert actions[-1] == Say("goodbye cancelled")


def test_a_cough_during_the_goodbye_brings_it_again() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.speaks(3.5, ms=2000)
    talk.at(4, ev.SpeechStarted())
    talk.at(4.2, ev.SpeechStopped())
    assert talk.wait()[1] == [Say("goodbye confirmed")]


def test_after_an_answer_during_the_goodbye_leave_is_taken_again() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.speaks(3.5, ms=2000)
    talk.at(4, ev.SpeechStarted())
    talk.at(5, ev.SpeechStopped())
    talk.speaks(5.5, ms=500)
    talk.hears_all(6)
    assert talk.wait() == (9, [Say("goodbye confirmed")])


def test_the_third_goodbye_is_spoken_to_its_end() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    for _ in range(2):
        talk.speaks(4, ms=2000)
        talk.at(4.5, ev.SpeechStarted())
        talk.at(4.6, ev.SpeechStopped())
        talk.wait()
    talk.speaks(8, ms=2000)
    assert talk.at(9, ev.SpeechStarted()) == []
    assert talk.is_in(State.CLOSING)


def test_key_9_during_the_goodbye_repeats_and_takes_leave_again() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=2000)
    assert talk.at(4, ev.KeyPressed("9")) == [ClearPlayback(), TruncateItem(HeardItem("i2", 500, 2000)), Say("repeat")]
    talk.speaks(4.5, ms=1000)
    talk.hears_all(6)
    assert talk.wait()[1] == [Say("goodbye confirmed")]


def test_our_request_that_met_the_models_own_answer_is_repeated_when_that_is_over() -> None:
    talk = greeted()
    assert talk.at(3, ev.KeyPressed("9")) == [Say("repeat")]
    assert talk.at(3.1, ev.ResponseStarted("own")) == []
    assert talk.at(3.2, ev.ResponseRefused()) == [CancelResponse("own")]
    assert talk.at(3.3, ev.ResponseDone("own", ev.ResponseStatus.CANCELLED)) == [Say("repeat")]


def test_our_request_refused_before_the_other_started_is_kept() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    assert talk.at(3.1, ev.ResponseRefused()) == [Say("repeat")]


def test_end_call_after_a_cut_goodbye_takes_leave_again_and_the_decision_stands() -> None:
    talk = answered()
    talk.calls(3, "record_outcome", CONFIRMED)
    talk.speaks(3.5, ms=2000)
    talk.at(4, ev.SpeechStarted())
    talk.at(5, ev.SpeechStopped())
    assert talk.calls(5.5, "end_call", "{}") == [OK, Say("goodbye confirmed")]
    talk.speaks(6)
    assert talk.hears_all(8) == [EndConversation(None, "decided")]


def test_a_newer_wish_is_not_replaced_by_a_refused_older_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("9"))
    talk.at(3.1, ev.KeyPressed("1"))
    assert talk.at(3.2, ev.ResponseRefused()) == [Say("goodbye confirmed")]


def test_other_audio_does_not_stand_for_the_goodbyes() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.at(3.1, ev.AudioBegan("late", "i"))
    assert talk.wait_over_fillers() == (9, [DropModel(), PlayStored("goodbye_confirmed", "stored:2")])


def test_who_asks_to_wait_is_given_time() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.speaks(4.5)
    assert talk.at(4.6, ev.AgentSpoke("Of course, i will wait.")) == []
    talk.hears_all(6)
    assert talk.wait() == (36, [Say("not heard")])
    talk.speaks(36.5)
    talk.hears_all(38)
    assert talk.wait() == (42, [Say("keypad")])


def test_other_words_of_the_agent_give_no_more_time() -> None:
    talk = greeted()
    talk.at(2, ev.AgentSpoke("Do you confirm?"))
    assert talk.wait() == (8, [Say("not heard")])


def test_the_time_to_wait_ends_with_the_customers_next_word() -> None:
    talk = greeted()
    talk.at(2.1, ev.AgentSpoke("I will wait."))
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.speaks(4.5)
    talk.hears_all(6)
    assert talk.wait() == (12, [Say("not heard")])
