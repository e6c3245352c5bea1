"""What was ordered is told to the model only once a person is likely on the line."""

from shared.core.conversation import events as ev
from shared.core.conversation.actions import RevealOrder
from tests.unit.shared.core.conversation.script_support import Talk, greeted


def test_a_word_after_the_greeting_began_reveals_the_order_once() -> None:
    talk = greeted()
    assert RevealOrder() in talk.at(3, ev.SpeechStarted())
    talk.at(4, ev.SpeechStopped())
    talk.speaks(4.5)
    assert RevealOrder() not in talk.at(5, ev.SpeechStarted())


def test_it_is_revealed_when_the_speech_begins_so_that_the_answer_to_it_knows_it() -> None:
    talk = greeted()
    assert talk.at(3, ev.SpeechStarted())[-1] == RevealOrder()
    assert talk.at(4, ev.SpeechStopped()) == []


def test_who_speaks_before_the_greeting_may_be_a_machine() -> None:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    assert RevealOrder() not in talk.at(0.2, ev.SpeechStarted())


def test_the_detections_word_for_a_person_is_enough_and_counts_before_the_session_stands() -> None:
    talk = Talk()
    talk.at(0, ev.CalleeOnLine())
    assert talk.at(0.5, ev.CalleeIsPerson()) == [RevealOrder()]
    assert talk.at(0.6, ev.CalleeIsPerson()) == []


def test_a_machine_is_told_nothing() -> None:
    talk = greeted()
    told = talk.at(3, ev.CalleeIsMachine(is_after_beep=False)) + talk.at(3.5, ev.SpeechStarted())
    assert RevealOrder() not in told
