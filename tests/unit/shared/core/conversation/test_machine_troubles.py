"""The conversation when something is away: the model, its audio, a person on the line, the shop's order."""

import json

import pytest

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    DropModel,
    EndConversation,
    PlayStored,
    ReconnectModel,
    RecordDisclosure,
    RecordVerdict,
    Respond,
    Say,
)
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import OutcomeReport
from shared.core.order import OnMachine
from shared.core.outcome import Channel, VerdictKind
from tests.unit.shared.core.conversation.script_support import Talk, greeted

ONE_MOMENT = [ReconnectModel(), PlayStored("one_moment", "stored:1")]


def without_model() -> Talk:
    """A talk whose model is away for good; the keypad prompt is being played since second 2."""
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ModelLost("refused"))
    assert talk.at(2, ev.ModelLost("refused")) == [DropModel(), PlayStored("keypad", "stored:2")]
    return talk


def test_a_model_that_cannot_be_had_in_time_is_tried_once_more_with_a_word_to_the_customer() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    assert talk.wait() == (3, ONE_MOMENT)
    assert talk.at(4, ev.ModelReady()) == [Say("greeting")]


def test_a_second_failure_leads_to_the_keypad() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    talk.wait()
    assert talk.wait()[1] == [DropModel(), PlayStored("keypad", "stored:2")]
    assert talk.is_in(State.KEYPAD)


def test_a_model_lost_before_the_callee_is_there_is_replaced_in_silence() -> None:
    talk = Talk()
    assert talk.at(0, ev.ModelLost("drop")) == [ReconnectModel()]
    assert talk.at(1, ev.ModelReady()) == []
    assert talk.at(2, ev.CalleeOnLine()) == [Say("greeting")]


def test_a_session_that_breaks_in_the_talk_is_taken_up_without_a_second_greeting() -> None:
    talk = greeted()
    assert talk.at(3, ev.ModelLost("drop")) == ONE_MOMENT
    (again,) = talk.at(4, ev.ModelReady())
    assert isinstance(again, Respond)
    assert again.hint is not None
    assert "Do not greet again" in again.hint


def test_a_failed_response_is_a_lost_model() -> None:
    talk = greeted()
    talk.at(3, ev.ResponseStarted("r"))
    assert talk.at(3, ev.ResponseDone("r", ev.ResponseStatus.FAILED)) == ONE_MOMENT


def test_a_response_without_audio_is_a_lost_model() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    assert talk.wait_over_fillers() == (9, [ReconnectModel(), PlayStored("one_moment", "stored:3")])


def test_without_a_model_a_key_decides() -> None:
    talk = without_model()
    talk.plays_stored(2, "stored:2")
    assert talk.hears_all(3) == [RecordDisclosure()]
    actions = talk.at(3.5, ev.KeyPressed("1"))
    assert actions == [
        RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED), Channel.KEYPAD),
        DropModel(),
        PlayStored("goodbye_confirmed", "stored:3"),
    ]
    talk.plays_stored(3.5, "stored:3")
    assert talk.hears_all(4.5) == [EndConversation(None, "decided")]


def test_without_a_model_and_a_key_the_prompt_comes_twice_and_the_call_is_our_error() -> None:
    talk = without_model()
    talk.plays_stored(2, "stored:2")
    talk.hears_all(3)
    assert talk.wait() == (11, [PlayStored("keypad", "stored:3")])
    talk.plays_stored(11, "stored:3")
    talk.hears_all(12)
    now, actions = talk.wait()
    assert (now, actions) == (20, [DropModel(), PlayStored("goodbye", "stored:4")])
    talk.plays_stored(20, "stored:4")
    assert talk.hears_all(21) == [EndConversation(Conclusion.ERROR, "refused")]


def test_without_a_model_key_9_repeats_the_prompt() -> None:
    talk = without_model()
    talk.plays_stored(2, "stored:2")
    talk.hears_all(3)
    assert talk.at(4, ev.KeyPressed("9")) == [PlayStored("keypad", "stored:3")]


def test_key_9_while_a_session_is_being_opened_waits() -> None:
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    assert talk.at(3.5, ev.KeyPressed("9")) == []


def test_a_key_before_the_model_is_there_decides_too() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    actions = talk.at(1, ev.KeyPressed("2"))
    assert actions == [DropModel(), PlayStored("disclosure", "stored:1"), PlayStored("goodbye_cancelled", "stored:2")]
    assert talk.at(2, ev.ModelReady()) == []


def test_who_hangs_up_on_the_keypad_prompt_did_so_by_our_error() -> None:
    assert without_model().at(3, ev.CallerLegEnded()) == [EndConversation(Conclusion.ERROR, "person_hung_up")]


def test_a_late_loss_of_the_model_in_keypad_mode_changes_nothing() -> None:
    assert without_model().at(3, ev.ModelLost("again")) == []


def test_a_model_lost_while_the_goodbye_is_asked_for_is_replaced_by_the_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.at(3.1, ev.ModelLost("drop")) == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_a_model_lost_after_the_goodbye_was_sent_is_not_missed() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5)
    assert talk.at(3.6, ev.ModelLost("drop")) == []
    assert talk.hears_all(4.5) == [EndConversation(None, "decided")]


def test_a_goodbye_without_audio_is_replaced_by_the_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.wait_over_fillers()[1] == [DropModel(), PlayStored("goodbye_confirmed", "stored:2")]


def test_a_goodbye_done_without_a_sound_is_replaced_by_the_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.at(3.1, ev.ResponseStarted("bye"))
    done = talk.at(3.2, ev.ResponseDone("bye", ev.ResponseStatus.COMPLETED))
    assert done == [DropModel(), PlayStored("goodbye_confirmed", "stored:1")]


def test_a_model_lost_for_the_second_time_while_a_goodbye_is_being_repeated_ends_with_the_stored_one() -> None:
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    talk.at(3.5, ev.ModelReady())
    talk.speaks(4, ms=500)
    talk.hears_all(4.6)
    talk.at(5, ev.KeyPressed("1"))
    talk.speaks(5.5, ms=2000)
    talk.at(6, ev.SpeechStarted())
    assert talk.at(6.5, ev.ModelLost("drop")) == [DropModel(), PlayStored("goodbye_confirmed", "stored:2")]


@pytest.mark.parametrize("on_machine", list(OnMachine))
def test_a_machine_ends_the_talk_without_a_word(on_machine: OnMachine) -> None:
    talk = greeted(on_machine=on_machine)
    assert talk.at(3, ev.CalleeIsMachine(is_after_beep=False)) == [EndConversation(Conclusion.MACHINE, "machine")]


def test_the_shops_message_is_left_after_the_beep() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    assert talk.at(3, ev.CalleeIsMachine(is_after_beep=True)) == [Say("voicemail")]
    assert talk.at(3.2, ev.SpeechStarted()) == []
    talk.speaks(3.5)
    assert talk.hears_all(5) == [EndConversation(Conclusion.MACHINE, "machine")]


def test_a_persons_decision_stands_against_the_detection() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.at(3.1, ev.CalleeIsMachine(is_after_beep=False)) == []


def test_the_model_may_report_a_machine() -> None:
    talk = greeted()
    actions = talk.calls(3, "record_outcome", json.dumps({"outcome": "machine"}))
    assert actions[1:] == [
        RecordVerdict(OutcomeReport(kind=VerdictKind.MACHINE), Channel.VOICE),
        EndConversation(Conclusion.MACHINE, "machine"),
    ]


def test_the_model_cannot_turn_a_person_who_decided_into_a_machine() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=2000)
    talk.at(4, ev.SpeechStarted())
    talk.at(4.5, ev.SpeechStopped())
    assert len(talk.calls(5, "record_outcome", json.dumps({"outcome": "machine"}))) == 1


def test_after_the_models_report_the_message_waits_for_the_beep() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", json.dumps({"outcome": "machine"}))
    assert talk.is_in(State.MACHINE)
    assert talk.at(3.5, ev.KeyPressed("1")) == []
    assert talk.at(3.6, ev.ModelReady()) == []
    assert talk.at(5, ev.CalleeIsMachine(is_after_beep=True)) == [Say("voicemail")]


def test_without_a_beep_no_message_is_left() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", json.dumps({"outcome": "machine"}))
    talk.at(3.2, ev.SpeechStarted())
    talk.at(3.3, ev.SpeechStopped())
    assert talk.wait() == (23, [EndConversation(Conclusion.MACHINE, "machine")])


def test_a_withdrawn_order_ends_with_a_neutral_goodbye() -> None:
    talk = greeted()
    assert talk.at(3, ev.OrderWithdrawn()) == [Say("goodbye withdrawn")]
    assert talk.at(3.1, ev.KeyPressed("1")) == []
    assert talk.at(3.2, ev.OrderWithdrawn()) == []
    talk.at(3.3, ev.ResponseStarted("bye"))
    talk.at(3.3, ev.AudioBegan("bye", "b"))
    talk.playback.append("b", 500, 3.3)
    call = (ev.ToolCall("c", "record_outcome", '{"outcome": "confirmed"}'),)
    assert len(talk.at(3.4, ev.ResponseDone("bye", ev.ResponseStatus.COMPLETED, call))) == 2
    assert talk.hears_all(4) == [EndConversation(Conclusion.UNDECIDED, "withdrawn")]


def test_a_withdrawn_order_waits_little_for_the_models_goodbye() -> None:
    talk = greeted()
    talk.at(3, ev.OrderWithdrawn())
    assert talk.wait() == (4.2, [DropModel(), PlayStored("goodbye", "stored:1")])


def test_a_withdrawal_without_a_model_plays_the_stored_goodbye() -> None:
    talk = without_model()
    assert talk.at(3, ev.OrderWithdrawn()) == [DropModel(), PlayStored("goodbye", "stored:3")]


def test_a_decision_stands_against_a_withdrawal() -> None:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    assert talk.at(3.1, ev.OrderWithdrawn()) == []


def test_a_call_back_does_not_stand_against_a_withdrawal() -> None:
    talk = greeted()
    talk.calls(3, "record_outcome", json.dumps({"outcome": "callback_requested"}))
    talk.speaks(3.2, ms=2000)
    assert talk.at(3.5, ev.OrderWithdrawn())[-1] == Say("goodbye withdrawn")
