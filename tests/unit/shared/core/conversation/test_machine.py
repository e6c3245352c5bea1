"""The conversation as scripts: what happens when, and what exactly is done about it."""

import json

import pytest

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    AnswerTool,
    CancelResponse,
    ClearPlayback,
    DropModel,
    EndConversation,
    PlayStored,
    ReconnectModel,
    RecordDisclosure,
    RecordVerdict,
    Respond,
    RevealOrder,
    Say,
    SendMark,
    TellModel,
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


def test_the_greeting_waits_for_the_callee() -> None:
    talk = Talk()
    assert talk.at(0, ev.ModelReady()) == []
    assert talk.at(5, ev.CalleeOnLine()) == [Say("greeting")]


def test_the_greeting_waits_for_the_model() -> None:
    talk = Talk()
    assert talk.at(0, ev.CalleeOnLine()) == []
    assert talk.at(1, ev.ModelReady()) == [Say("greeting")]


def test_there_is_one_greeting_even_if_the_model_is_ready_twice() -> None:
    talk = greeted()
    assert talk.at(3, ev.ModelReady()) == []


def test_the_disclosure_counts_when_its_audio_has_been_heard() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    assert talk.speaks(0.5) == [SendMark("m1")]
    assert talk.hears_all(1.5) == [RecordDisclosure()]


def test_a_confirmed_call_from_greeting_to_hang_up() -> None:
    talk = greeted()
    assert talk.at(3, ev.SpeechStarted()) == [RevealOrder()]
    assert talk.at(4, ev.SpeechStopped()) == []
    assert talk.calls(4.5, "record_outcome", CONFIRMED) == [OK, RECORDED, Say("goodbye confirmed")]
    assert talk.is_in(State.CLOSING)
    assert talk.speaks(5) == [SendMark("m2")]
    assert talk.hears_all(6) == [EndConversation(None, "decided")]
    assert talk.is_in(State.ENDED)
    assert talk.at(7, ev.KeyPressed("2")) == []
    assert talk.machine.deadline is None


def test_end_call_beside_an_outcome_changes_nothing() -> None:
    talk = answered()
    talk.at(3, ev.ResponseStarted("r"))
    both = (ev.ToolCall("a", "end_call", "{}"), ev.ToolCall("b", "record_outcome", CONFIRMED))
    actions = talk.at(3, ev.ResponseDone("r", ev.ResponseStatus.COMPLETED, both))
    assert actions == [
        AnswerTool("a", '{"status": "ok"}'),
        AnswerTool("b", '{"status": "ok"}'),
        RECORDED,
        Say("goodbye confirmed"),
    ]


def test_end_call_alone_is_undecided() -> None:
    talk = greeted()
    assert talk.calls(3, "end_call", "{}") == [OK, Say("goodbye undecided")]
    talk.speaks(4)
    assert talk.hears_all(5) == [EndConversation(Conclusion.UNDECIDED, "ended_by_agent")]


def test_invalid_arguments_are_answered_and_after_three_the_keypad_is_offered() -> None:
    talk = greeted()
    for _ in range(2):
        answer, retry = talk.calls(3, "record_outcome", "{}")
        assert isinstance(answer, AnswerTool)
        assert json.loads(answer.output)["status"] == "refused"
        assert isinstance(retry, Respond)
    assert talk.calls(3, "record_outcome", "{}")[1] == Say("keypad")


def test_a_tool_call_of_a_cancelled_response_is_ignored() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    call = (ev.ToolCall("c", "record_outcome", CONFIRMED),)
    assert talk.at(3, ev.ResponseDone("r", ev.ResponseStatus.CANCELLED, call)) == []
    assert talk.is_in(State.TALKING)


@pytest.mark.parametrize(
    ("digit", "kind"),
    [("1", VerdictKind.CONFIRMED), ("2", VerdictKind.CANCELLED), ("3", VerdictKind.OPTED_OUT)],
)
def test_a_key_decides_over_the_agents_speech(digit: str, kind: VerdictKind) -> None:
    talk = greeted()
    talk.at(2.5, ev.ResponseStarted("r2"))
    talk.at(2.5, ev.AudioBegan("r2", "i2"))
    talk.playback.append("i2", 2000, 2.5)
    actions = talk.at(3.0, ev.KeyPressed(digit))
    assert actions[:3] == [ClearPlayback(), TruncateItem(HeardItem("i2", 500, 2000)), CancelResponse("r2")]
    assert isinstance(actions[3], TellModel)
    assert actions[4] == RecordVerdict(OutcomeReport(kind=kind), Channel.KEYPAD)
    assert talk.playback.is_muted("r2")
    assert talk.at(3.1, ev.ResponseDone("r2", ev.ResponseStatus.CANCELLED)) == [Say(f"goodbye {kind.value}")]


def test_other_keys_are_ignored() -> None:
    talk = greeted()
    assert talk.at(3, ev.KeyPressed("7")) == []
    assert talk.at(3, ev.KeyPressed("#")) == []


def test_a_key_between_request_and_start_cancels_the_response_by_its_id() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    assert talk.at(0, ev.CalleeOnLine()) == [Say("greeting")]
    talk.at(0.1, ev.KeyPressed("1"))
    assert talk.at(0.2, ev.ResponseStarted("r1")) == [CancelResponse("r1")]
    assert talk.at(0.3, ev.ResponseDone("r1", ev.ResponseStatus.CANCELLED)) == [Say("goodbye confirmed")]


def test_barge_in_clears_first_and_truncates_at_what_was_heard() -> None:
    talk = greeted()
    talk.speaks(3, ms=3000)
    assert talk.at(4, ev.SpeechStarted()) == [ClearPlayback(), TruncateItem(HeardItem("i2", 1000, 3000)), RevealOrder()]


def test_barge_in_during_a_response_mutes_its_late_audio_without_cancelling() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3, ev.AudioBegan("r", "i"))
    talk.playback.append("i", 1000, 3)
    assert talk.at(3.2, ev.SpeechStarted())[0] == ClearPlayback()
    assert talk.playback.is_muted("r")
    assert talk.at(3.3, ev.ResponseDone("r", ev.ResponseStatus.CANCELLED)) == []


def test_who_talks_over_the_greeting_is_told_later_who_calls() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5, ms=3000)
    actions = talk.at(1, ev.SpeechStarted())
    assert actions[:2] == [ClearPlayback(), TruncateItem(HeardItem("i1", 500, 3000))]
    assert isinstance(actions[2], TellModel)
    assert "disclosure" in actions[2].text
    talk.at(2, ev.SpeechStopped())
    talk.speaks(2.5, ms=500)
    assert talk.hears_all(3.2) == [RecordDisclosure()]


def test_who_talks_before_the_greeting_begins_is_greeted_afterwards() -> None:
    talk = talked_down()
    assert talk.at(1, ev.SpeechStopped()) == []
    assert talk.at(1.1, ev.ResponseStarted("own")) == [CancelResponse("own")]
    assert talk.at(1.2, ev.ResponseDone("own", ev.ResponseStatus.CANCELLED)) == [Say("greeting")]


def test_who_talks_before_the_greeting_is_greeted_though_the_model_has_no_answer() -> None:
    talk = talked_down()
    talk.at(1, ev.SpeechStopped())
    assert talk.wait() == (3, [Say("greeting")])


def test_a_street_that_is_never_quiet_does_not_keep_the_greeting_back() -> None:
    now, actions = talked_down().wait()
    assert now == pytest.approx(3.2)
    assert actions == [Say("greeting")]


def talked_down() -> Talk:
    """A talk whose greeting was talked down, at second 0.2, before it began."""
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ResponseStarted("r1"))
    talk.at(0.2, ev.SpeechStarted())
    talk.at(0.3, ev.ResponseDone("r1", ev.ResponseStatus.CANCELLED))
    return talk


def test_noise_that_brings_no_turn_does_not_leave_the_agent_mute() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(3.4, ev.SpeechStopped())
    now, actions = talk.wait()
    assert now == pytest.approx(5.4)
    assert isinstance(actions[0], Respond)


def test_speech_that_never_stops_brings_the_keypad() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    now, actions = talk.wait()
    assert (now, actions) == (15, [Say("keypad")])


def test_a_person_who_hangs_up_without_a_word_is_undecided() -> None:
    talk = greeted()
    assert talk.at(3, ev.CallerLegEnded()) == [EndConversation(Conclusion.UNDECIDED, "person_hung_up")]


def test_a_person_who_hangs_up_after_the_decision_has_decided() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.at(3.1, ev.CallerLegEnded()) == [EndConversation(None, "person_hung_up")]


def test_a_lost_mark_does_not_keep_the_line_open() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=1000)
    now, actions = talk.wait()
    assert (now, actions) == (7.5, [EndConversation(None, "decided")])


def test_a_call_that_lasts_too_long_ends_politely() -> None:
    talk = greeted()
    talk.at(164, ev.SpeechStarted())
    now, actions = talk.wait()
    assert now == 165
    assert actions == [Say("goodbye undecided")]
    assert talk.at(165.5, ev.KeyPressed("1")) == []


def test_a_response_of_another_session_is_ignored() -> None:
    talk = greeted()
    assert talk.at(3, ev.ResponseDone("stranger", ev.ResponseStatus.COMPLETED)) == []


def test_a_persons_verdict_of_the_detection_only_reveals_the_order() -> None:
    assert greeted().at(3, ev.CalleeIsPerson()) == [RevealOrder()]


def test_audio_of_a_response_nobody_announced_is_taken_for_speech() -> None:
    talk = greeted()
    assert talk.at(3, ev.AudioBegan("stranger", "i")) == []


def test_who_has_waited_for_the_tool_call_is_not_left_in_silence_as_long_again_before_the_goodbye() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.calls(5, "record_outcome", json.dumps({"outcome": "confirmed"}))
    assert talk.wait() == (7.3, [PlayStored("filler_1", "stored:1")])
    assert talk.wait() == (11, [DropModel(), PlayStored("goodbye_confirmed", "stored:2")])


def test_who_decides_long_after_a_word_without_an_answer_is_no_longer_waiting() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.at(4.1, ev.ResponseStarted("r"))
    talk.at(4.2, ev.ResponseDone("r", ev.ResponseStatus.COMPLETED))
    talk.at(9, ev.KeyPressed("1"))
    assert talk.machine.deadline == pytest.approx(12.3)


def test_an_answer_whose_audio_never_comes_is_a_lost_model() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(3.1, ev.ResponseStarted("own"))
    now, actions = talk.wait_over_fillers()
    assert (now, actions) == (12.1, [ReconnectModel(), PlayStored("one_moment", "stored:3")])


def test_the_keypad_offer_cuts_the_models_own_answer() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(14.9, ev.ResponseStarted("own"))
    assert talk.wait() == (15, [CancelResponse("own")])
    assert talk.at(15.1, ev.ResponseDone("own", ev.ResponseStatus.CANCELLED)) == [Say("keypad")]
