"""A key pressed before the disclosure was heard: it decides only together with it, whatever happens in between."""

import json

import pytest

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import (
    Action,
    CancelResponse,
    ClearPlayback,
    DropModel,
    EndConversation,
    PlayStored,
    ReconnectModel,
    RecordDisclosure,
    RecordVerdict,
    Say,
    SendMark,
    TellModel,
    TruncateItem,
)
from shared.core.conversation.playback import HeardItem
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.tools import OutcomeReport
from shared.core.order import OnMachine
from shared.core.outcome import Channel, VerdictKind
from tests.unit.shared.core.conversation.script_support import Talk

CONFIRMED = RecordVerdict(OutcomeReport(kind=VerdictKind.CONFIRMED), Channel.KEYPAD)
CANCELLED = RecordVerdict(OutcomeReport(kind=VerdictKind.CANCELLED), Channel.KEYPAD)


def disclosure(number: int) -> PlayStored:
    return PlayStored("disclosure", f"stored:{number}")


def greeting(*, on_machine: OnMachine = OnMachine.HANG_UP) -> Talk:
    """A talk whose greeting, two seconds long, is being heard since second 0.5."""
    talk = Talk(on_machine=on_machine)
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5, ms=2000)
    return talk


def pressed_1() -> Talk:
    """A talk in which key 1 was pressed over the greeting, at second 1: the disclosure, a second long, is being played."""
    talk = greeting()
    talk.at(1, ev.KeyPressed("1"))
    talk.plays_stored(1, "stored:1")
    return talk


def without_model() -> Talk:
    """A talk whose model is away for good; the keypad prompt, a second long, is being played since second 2."""
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.1, ev.ModelLost("refused"))
    talk.at(2, ev.ModelLost("refused"))
    talk.plays_stored(2, "stored:2")
    return talk


def pressed_1_without_model() -> Talk:
    """The same talk after key 1 at second 2.5: the stored disclosure and the goodbye are being played."""
    talk = without_model()
    talk.at(2.5, ev.KeyPressed("1"))
    talk.plays_stored(2.5, "stored:3")
    talk.plays_stored(2.5, "stored:4")
    return talk


def recorded(actions: list[Action]) -> list[Action]:
    return [action for action in actions if isinstance(action, RecordVerdict | RecordDisclosure)]


@pytest.mark.parametrize(
    ("digit", "kind"),
    [("1", VerdictKind.CONFIRMED), ("2", VerdictKind.CANCELLED), ("3", VerdictKind.OPTED_OUT)],
)
def test_a_key_over_the_greeting_decides_when_the_stored_disclosure_was_heard(digit: str, kind: VerdictKind) -> None:
    talk = greeting()
    silenced, truncated, told, played, goodbye = talk.at(1, ev.KeyPressed(digit))
    assert (silenced, truncated) == (ClearPlayback(), TruncateItem(HeardItem("i1", 500, 2000)))
    assert isinstance(told, TellModel)
    assert (played, goodbye) == (disclosure(1), Say(f"goodbye {kind.value}"))
    talk.plays_stored(1, "stored:1")
    assert talk.speaks(1.2) == [SendMark("m3")]
    assert talk.at(2, ev.MarkEchoed("m2")) == [RecordDisclosure(), RecordVerdict(OutcomeReport(kind=kind), Channel.KEYPAD)]
    assert talk.hears_all(3) == [EndConversation(None, "decided")]


def test_the_decision_is_recorded_though_the_goodbye_is_still_being_spoken() -> None:
    talk = pressed_1()
    talk.at(1.2, ev.ResponseStarted("bye"))
    talk.at(1.2, ev.AudioBegan("bye", "b"))
    talk.playback.append("b", 500, 1.2)
    assert talk.hears_all(2) == [RecordDisclosure(), CONFIRMED]
    assert talk.at(2.1, ev.CallerLegEnded()) == [EndConversation(None, "person_hung_up")]


def test_who_hangs_up_before_the_disclosure_was_heard_has_decided_nothing() -> None:
    talk = pressed_1()
    assert talk.at(1.9, ev.CallerLegEnded()) == [EndConversation(Conclusion.UNDECIDED, "person_hung_up")]


def test_a_greeting_that_was_cut_off_does_not_stand_for_the_disclosure() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.5, ev.ResponseStarted("r1"))
    talk.at(0.5, ev.AudioBegan("r1", "i1"))
    talk.playback.append("i1", 200, 0.5)
    first_mark = talk.playback.next_mark()
    told = TellModel("The customer pressed key 1: confirmed.")
    assert talk.at(0.9, ev.KeyPressed("1")) == [CancelResponse("r1"), told, disclosure(1)]
    assert talk.at(1, ev.MarkEchoed(first_mark)) == []
    assert talk.at(1.1, ev.ResponseDone("r1", ev.ResponseStatus.CANCELLED)) == [Say("goodbye confirmed")]


def test_a_greeting_of_which_only_the_beginning_was_sent_is_not_heard() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(0.5, ev.ResponseStarted("r1"))
    talk.at(0.5, ev.AudioBegan("r1", "i1"))
    talk.playback.append("i1", 200, 0.5)
    assert talk.at(0.7, ev.MarkEchoed(talk.playback.next_mark())) == []
    talk.playback.append("i1", 800, 0.8)
    assert talk.at(0.9, ev.ResponseDone("r1", ev.ResponseStatus.COMPLETED)) == [SendMark("m2")]
    assert talk.hears_all(1.6) == [RecordDisclosure()]


def test_a_key_before_the_session_stands_is_answered_by_stored_prompts() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    assert talk.at(1, ev.KeyPressed("2")) == [DropModel(), disclosure(1), PlayStored("goodbye_cancelled", "stored:2")]
    talk.plays_stored(1, "stored:1")
    talk.plays_stored(1, "stored:2")
    assert talk.at(2, ev.MarkEchoed("m1")) == [RecordDisclosure(), CANCELLED]
    assert talk.at(3, ev.MarkEchoed("m2")) == [EndConversation(None, "decided")]


def test_a_key_over_the_keypad_prompt_is_answered_by_the_disclosure_first() -> None:
    talk = without_model()
    actions = talk.at(2.5, ev.KeyPressed("1"))
    assert actions == [ClearPlayback(), DropModel(), disclosure(3), PlayStored("goodbye_confirmed", "stored:4")]
    talk.plays_stored(2.5, "stored:3")
    talk.plays_stored(2.5, "stored:4")
    assert talk.at(3.5, ev.MarkEchoed("m2")) == [RecordDisclosure(), CONFIRMED]


def test_who_heard_the_keypad_prompt_to_its_end_decides_at_once() -> None:
    talk = without_model()
    assert talk.hears_all(3) == [RecordDisclosure()]
    assert recorded(talk.at(4, ev.KeyPressed("1"))) == [CONFIRMED]


def test_a_newer_key_replaces_one_that_waits_and_the_disclosure_begins_again() -> None:
    talk = pressed_1()
    actions = talk.at(1.5, ev.KeyPressed("2"))
    assert ClearPlayback() in actions
    assert disclosure(2) in actions
    talk.plays_stored(1.5, "stored:2")
    assert talk.hears_all(2.5) == [RecordDisclosure(), CANCELLED]


def test_a_spoken_decision_that_replaces_the_key_waits_as_well() -> None:
    talk = pressed_1()
    outcome = json.dumps({"outcome": "cancelled", "quote": "jo, anulojeni"})
    assert recorded(talk.calls(1.2, "record_outcome", outcome, ms=500)) == []
    by_voice = RecordVerdict(OutcomeReport(kind=VerdictKind.CANCELLED, quote="jo, anulojeni"), Channel.VOICE)
    assert talk.at(2, ev.MarkEchoed("m2")) == [RecordDisclosure(), by_voice]


def test_a_decision_that_was_recorded_before_stands_if_the_newer_key_never_counts() -> None:
    talk = greeting()
    talk.at(1, ev.SpeechStarted())
    talk.at(1.5, ev.SpeechStopped())
    assert recorded(talk.calls(2, "record_outcome", json.dumps({"outcome": "confirmed"}))) != []
    assert recorded(talk.at(2.5, ev.KeyPressed("2"))) == []
    assert talk.at(2.6, ev.OrderWithdrawn()) == []
    assert talk.at(3, ev.CallerLegEnded()) == [EndConversation(None, "person_hung_up")]


def test_a_withdrawal_takes_a_key_back_that_has_not_decided_yet() -> None:
    talk = pressed_1()
    assert talk.at(1.5, ev.OrderWithdrawn()) == [ClearPlayback()]
    assert talk.at(1.6, ev.ResponseStarted("bye")) == [CancelResponse("bye")]
    assert talk.at(1.6, ev.ResponseDone("bye", ev.ResponseStatus.CANCELLED)) == [Say("goodbye withdrawn")]
    talk.speaks(1.7)
    assert talk.hears_all(3) == [EndConversation(Conclusion.UNDECIDED, "withdrawn")]


def test_a_machine_that_is_detected_before_the_disclosure_was_heard_has_decided_nothing() -> None:
    talk = pressed_1()
    assert talk.at(1.5, ev.CalleeIsMachine(is_after_beep=False)) == [
        ClearPlayback(),
        EndConversation(Conclusion.MACHINE, "machine"),
    ]


def test_the_shops_message_after_the_beep_takes_the_place_of_a_key_that_waits() -> None:
    talk = greeting(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.at(1, ev.KeyPressed("1"))
    talk.plays_stored(1, "stored:1")
    talk.at(1.2, ev.ResponseStarted("bye"))
    actions = talk.at(1.5, ev.CalleeIsMachine(is_after_beep=True))
    actions += talk.at(1.6, ev.ResponseDone("bye", ev.ResponseStatus.CANCELLED))
    assert actions == [ClearPlayback(), CancelResponse("bye"), Say("voicemail")]
    talk.speaks(1.7)
    assert talk.hears_all(3) == [EndConversation(Conclusion.MACHINE, "machine")]


def test_a_person_whose_key_was_recorded_is_not_taken_for_a_machine() -> None:
    talk = pressed_1()
    assert talk.hears_all(2) == [RecordDisclosure(), CONFIRMED]
    assert talk.at(2.1, ev.CalleeIsMachine(is_after_beep=False)) == []


def test_who_speaks_over_the_disclosure_hears_it_again_before_the_key_counts() -> None:
    talk = pressed_1()
    actions = talk.at(1.5, ev.SpeechStarted())
    assert actions[0] == ClearPlayback()
    assert talk.is_in(State.TALKING)
    talk.at(1.7, ev.SpeechStopped())
    now, actions = talk.wait()
    assert now == pytest.approx(3.7)
    assert actions == [disclosure(2)]
    talk.plays_stored(3.8, "stored:2")
    assert talk.hears_all(4.8) == [RecordDisclosure(), CONFIRMED]


def test_key_9_over_the_stored_last_words_begins_them_again_as_the_decision_waits() -> None:
    talk = pressed_1_without_model()
    actions = talk.at(3, ev.KeyPressed("9"))
    assert actions == [ClearPlayback(), DropModel(), disclosure(5), PlayStored("goodbye_confirmed", "stored:6")]


def test_the_longest_call_ends_with_the_disclosure_and_the_decision() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.at(164.9, ev.KeyPressed("1"))
    talk.plays_stored(164.9, "stored:1")
    actions = talk.at(165, ev.DeadlineReached())
    assert ClearPlayback() in actions
    assert disclosure(2) in actions
    talk.plays_stored(165, "stored:2")
    assert talk.hears_all(166) == [RecordDisclosure(), CONFIRMED]


def test_a_lost_mark_of_the_disclosure_does_not_lose_the_decision() -> None:
    talk = pressed_1_without_model()
    assert talk.wait()[1] == [RecordDisclosure(), CONFIRMED, EndConversation(None, "decided")]


def test_the_models_goodbye_is_waited_for_while_the_disclosure_is_played() -> None:
    talk = greeting()
    talk.at(1, ev.KeyPressed("1"))
    talk.plays_stored(1, "stored:1", ms=3000)
    assert talk.hears_all(4) == [RecordDisclosure(), CONFIRMED]
    assert talk.wait() == (7, [DropModel(), PlayStored("goodbye_confirmed", "stored:2")])


def test_a_model_lost_during_the_disclosure_does_not_begin_it_again() -> None:
    talk = pressed_1()
    assert talk.at(1.2, ev.ModelLost("drop")) == [DropModel(), PlayStored("goodbye_confirmed", "stored:2")]
    talk.plays_stored(1.2, "stored:2")
    assert talk.at(2, ev.MarkEchoed("m2")) == [RecordDisclosure(), CONFIRMED]


def test_a_goodbye_cut_off_by_a_lost_model_is_replaced_though_the_disclosures_mark_is_still_to_come() -> None:
    talk = pressed_1()
    talk.at(1.2, ev.ResponseStarted("bye"))
    talk.at(1.2, ev.AudioBegan("bye", "b"))
    talk.playback.append("b", 300, 1.2)
    assert talk.at(1.3, ev.ModelLost("drop")) == [DropModel(), PlayStored("goodbye_confirmed", "stored:2")]


def test_a_key_while_a_second_session_is_opened_is_answered_by_stored_prompts() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    assert talk.at(0.1, ev.ModelLost("refused")) == [ReconnectModel(), PlayStored("one_moment", "stored:1")]
    assert talk.at(0.5, ev.KeyPressed("1"))[1:] == [disclosure(2), PlayStored("goodbye_confirmed", "stored:3")]


def test_a_prompt_into_noise_does_not_stand_for_the_disclosure() -> None:
    talk = greeting()
    talk.at(1, ev.SpeechStarted())
    _, actions = talk.wait()
    assert actions == [Say("keypad")]
    talk.speaks(14)
    assert talk.hears_all(15.5) == []
    assert recorded(talk.at(16, ev.KeyPressed("1"))) == []
