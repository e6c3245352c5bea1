"""A slow model: the customer hears fillers while it thinks, and only a model that stays mute is given up."""

import json

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import ClearPlayback, DropModel, EndConversation, PlayStored, ReconnectModel, Say
from shared.core.conversation.state.conversation_state import State
from shared.core.order import OnMachine
from tests.unit.shared.core.conversation.script_support import Talk, greeted


def answered(talk: Talk, *, from_s: float = 3.0) -> Talk:
    """The customer spoke for a second; the model's response has begun and makes no sound yet."""
    talk.at(from_s, ev.SpeechStarted())
    talk.at(from_s + 1, ev.SpeechStopped())
    talk.at(from_s + 1.1, ev.ResponseStarted("own"))
    return talk


def fillers_until(talk: Talk, end_s: float) -> list[tuple[float, str]]:
    """The moments and keys of the fillers up to `end_s`, each a second long and heard."""
    found: list[tuple[float, str]] = []
    while talk.machine.deadline is not None and talk.machine.deadline < end_s:
        now, actions = talk.wait()
        for filler in actions:
            assert isinstance(filler, PlayStored)
            found.append((round(now, 1), filler.key))
            talk.plays_stored(now, filler.item_id)
    return found


def test_an_answer_that_is_late_is_announced_by_a_filler_and_heard_behind_it() -> None:
    talk = answered(greeted())
    assert talk.wait() == (7.3, [PlayStored("filler_1", "stored:1")])
    talk.plays_stored(7.3, "stored:1")
    assert talk.at(7.5, ev.AudioBegan("own", "i")) == []
    talk.playback.append("i", 1000, 7.5)
    assert [item.item_id for item in talk.playback.unheard_items(7.6)] == ["stored:1", "i"]
    talk.at(8, ev.ResponseDone("own", ev.ResponseStatus.COMPLETED))
    assert talk.is_in(State.TALKING)
    talk.hears_all(9.3)
    assert talk.machine.model_losses == ()


def test_the_line_is_never_silent_for_longer_than_the_first_limit_until_the_session_is_given_up() -> None:
    talk = answered(greeted())
    assert fillers_until(talk, 13) == [(7.3, "filler_1"), (11.6, "filler_2")]
    assert talk.wait() == (13, [ReconnectModel(), PlayStored("one_moment", "stored:3")])
    assert talk.machine.model_losses == ("no_audio",)


def test_fillers_take_turns_over_the_whole_call() -> None:
    talk = greeted()
    heard: list[str] = []
    for turn in range(4):
        began = 10.0 * (turn + 1)
        talk.at(began, ev.SpeechStarted())
        talk.at(began + 1, ev.SpeechStopped())
        talk.at(began + 1, ev.ResponseStarted(f"own{turn}"))
        now, (filler,) = talk.wait()
        assert isinstance(filler, PlayStored)
        heard.append(filler.key)
        talk.plays_stored(now, filler.item_id)
        talk.at(now + 0.1, ev.AudioBegan(f"own{turn}", f"i{turn}"))
        talk.playback.append(f"i{turn}", 500, now + 0.1)
        talk.at(now + 0.2, ev.ResponseDone(f"own{turn}", ev.ResponseStatus.COMPLETED))
        talk.hears_all(now + 1.6)
    assert heard == ["filler_1", "filler_2", "filler_3", "filler_1"]


def test_no_filler_is_heard_over_the_agents_own_words() -> None:
    talk = greeted()
    talk.calls(3, "switch_language", '{"language": "en"}', ms=3000)
    assert fillers_until(talk, 9.2) == []
    assert talk.wait()[1] == [PlayStored("filler_1", "stored:1")]


def test_a_filler_waits_for_the_end_of_words_that_came_after_it_was_planned() -> None:
    talk = answered(greeted())
    talk.playback.append("other", 2000, 7)
    assert talk.wait() == (7.3, [])
    now, actions = talk.wait()
    assert round(now, 1) == 12.6
    assert actions == [PlayStored("filler_1", "stored:1")]


def test_a_sign_of_life_postpones_the_loss_but_not_for_ever() -> None:
    talk = answered(greeted())
    fillers_until(talk, 12.5)
    talk.at(12.5, ev.ItemBegan())
    fillers_until(talk, 15.8)
    assert round(talk.machine.deadline or 0, 1) == 15.8
    for late in (15, 15.5, 15.7):
        talk.at(late, ev.ItemBegan())
    fillers_until(talk, 16.09)
    assert round(talk.machine.deadline or 0, 1) == 16.1  # 12 s after the response began
    assert talk.wait()[1][0] == ReconnectModel()


def test_a_sign_of_life_in_a_silence_in_which_nothing_is_awaited_means_nothing() -> None:
    talk = greeted()
    before = talk.machine.deadline
    assert talk.at(3, ev.ItemBegan()) == []
    assert talk.machine.deadline == before


def test_an_answer_after_a_tool_has_a_longer_limit_and_the_silence_before_it_is_filled() -> None:
    talk = answered(greeted())
    talk.calls(6, "switch_language", '{"language": "en"}')
    assert fillers_until(talk, 17.9) == [(7.3, "filler_1"), (11.6, "filler_2"), (15.9, "filler_3")]
    assert talk.wait()[1][0] == ReconnectModel()
    assert talk.machine.model_losses == ("no_audio",)


def test_the_goodbye_is_announced_too_and_the_stored_one_takes_its_place_in_the_end() -> None:
    talk = answered(greeted())
    talk.calls(6, "record_outcome", json.dumps({"outcome": "confirmed"}))
    assert fillers_until(talk, 11.9) == [(7.3, "filler_1"), (11.6, "filler_2")]
    now, actions = talk.wait()
    assert (now, actions) == (12, [ClearPlayback(), DropModel(), PlayStored("goodbye_confirmed", "stored:3")])
    assert talk.machine.model_losses == ("no_audio",)


def test_a_goodbye_that_begins_behind_a_filler_is_heard_to_its_end() -> None:
    talk = answered(greeted())
    talk.calls(6, "record_outcome", json.dumps({"outcome": "confirmed"}))
    fillers_until(talk, 7.5)
    talk.speaks(8)
    assert not talk.is_in(State.ENDED)
    assert talk.hears_all(9.5)[-1] == EndConversation(None, "decided")


def test_who_speaks_over_a_filler_is_listened_to() -> None:
    talk = answered(greeted())
    fillers_until(talk, 7.4)
    talk.at(7.5, ev.SpeechStarted())
    talk.at(8.5, ev.SpeechStopped())
    talk.at(8.6, ev.ResponseStarted("own2"))
    assert talk.wait() == (8.5 + 3.3, [PlayStored("filler_2", "stored:2")])


def test_a_key_is_a_word_of_the_customers_after_which_the_silence_begins_anew() -> None:
    talk = greeted()
    talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.at(5, ev.KeyPressed("1"))
    assert talk.wait() == (8.3, [PlayStored("filler_1", "stored:1")])


def test_a_message_to_a_machine_holds_no_filler() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.at(3, ev.CalleeIsMachine(is_after_beep=True))
    assert talk.wait() == (6.3, [])
    assert talk.wait() == (9, [DropModel(), PlayStored("goodbye", "stored:1")])


def test_a_second_session_is_not_left_in_silence_after_the_word_that_announced_it() -> None:
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    talk.plays_stored(3, "stored:1")
    talk.hears_all(4)
    talk.at(6, ev.ModelReady())
    assert talk.wait() == (7.3, [PlayStored("filler_1", "stored:2")])


def test_a_late_greeting_is_announced_and_spoken() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    assert talk.at(0, ev.CalleeOnLine()) == [Say("greeting")]
    assert talk.wait() == (3.3, [PlayStored("filler_1", "stored:1")])
    talk.plays_stored(3.3, "stored:1")
    talk.speaks(3.4)
    talk.hears_all(5.3)
    assert talk.is_in(State.TALKING)


def test_a_model_that_is_refused_is_not_tried_again() -> None:
    talk = greeted()
    assert talk.at(3, ev.ModelLost("insufficient_quota", is_fatal=True)) == [DropModel(), PlayStored("keypad", "stored:1")]
    assert talk.is_in(State.KEYPAD)
    assert talk.machine.model_losses == ("insufficient_quota",)


def test_a_model_that_is_refused_before_somebody_picks_up_leads_to_the_keypad_at_once() -> None:
    talk = Talk()
    assert talk.at(0, ev.ModelLost("invalid_api_key", is_fatal=True)) == []
    talk.at(1, ev.CalleeOnLine())
    assert talk.wait() == (1, [DropModel(), PlayStored("keypad", "stored:1")])


def test_a_model_that_is_refused_in_the_second_try_leads_to_the_keypad() -> None:
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    assert talk.at(3.5, ev.ModelLost("invalid_api_key", is_fatal=True)) == [DropModel(), PlayStored("keypad", "stored:2")]


def test_every_loss_is_told_by_its_reason_those_without_effect_too() -> None:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", json.dumps({"outcome": "machine"}))
    talk.at(4, ev.ModelLost("drop"))
    assert talk.machine.model_losses == ("drop",)
    assert talk.wait()[1] == [EndConversation(Conclusion.MACHINE, "machine")]
