"""Marks that come back, and marks that do not."""

from shared.core.conversation import events as ev
from shared.core.conversation.actions import PlayStored, RecordDisclosure, Say
from shared.core.conversation.state.conversation_state import State
from tests.unit.shared.core.conversation.script_support import Talk, greeted


def on_keypad() -> Talk:
    """A talk whose keypad prompt, two seconds long, is being played since second 4."""
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    talk.at(4, ev.ModelLost("drop"))
    talk.plays_stored(4, "stored:2", ms=2000)
    return talk


def test_a_greeting_whose_mark_is_lost_is_taken_for_heard() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5)
    assert talk.wait() == (4.5, [RecordDisclosure()])


def test_a_word_of_the_customer_is_waited_for_though_a_mark_was_lost() -> None:
    talk = greeted()
    talk.speaks(3)
    assert talk.wait() == (7, [])
    assert talk.wait() == (13, [Say("not heard")])


def test_a_key_is_waited_for_though_the_keypad_prompts_mark_was_lost() -> None:
    talk = on_keypad()
    assert talk.wait() == (9, [])
    assert talk.wait() == (17, [PlayStored("keypad", "stored:3")])


def test_a_mark_from_amid_the_keypad_prompt_does_not_begin_the_wait_for_a_key() -> None:
    talk = on_keypad()
    assert talk.at(5, ev.MarkEchoed("unknown")) == []
    assert talk.machine.deadline == 9
    talk.hears_all(6)
    assert talk.machine.deadline == 14


def test_a_second_mark_does_not_prolong_the_wait_for_a_key() -> None:
    talk = on_keypad()
    talk.hears_all(6)
    talk.at(7, ev.MarkEchoed("unknown"))
    assert talk.machine.deadline == 14
    assert talk.is_in(State.KEYPAD)
