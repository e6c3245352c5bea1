"""Every way of the machine's table is taken by a story, whatever happens ends, and the picture in the docs is the table's."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.core.conversation import events as ev
from shared.core.conversation.state.conversation_state import BrokenMachineError, State
from shared.core.conversation.transition_table import moves
from shared.core.order import OnMachine
from tests.unit.shared.core.conversation.script_support import Talk, greeted
from tools.generators.conversation_diagram import PAGE, page

MACHINE = json.dumps({"outcome": "machine"})


def opening(*, model: bool = True) -> Talk:
    talk = Talk()
    if model:
        talk.at(0, ev.ModelReady())
    return talk


def waiting_for_model() -> Talk:
    talk = opening(model=False)
    talk.at(0, ev.CalleeOnLine())
    return talk


def retrying() -> Talk:
    talk = greeted()
    talk.at(3, ev.ModelLost("drop"))
    return talk


def on_keypad() -> Talk:
    talk = retrying()
    talk.at(4, ev.ModelLost("drop"))
    return talk


def before_beep() -> Talk:
    talk = greeted(on_machine=OnMachine.LEAVE_MESSAGE)
    talk.calls(3, "record_outcome", MACHINE)
    return talk


def closing() -> Talk:
    talk = greeted()
    talk.at(3, ev.KeyPressed("1"))
    talk.speaks(3.5, ms=3000)
    return talk


def lost_before_callee() -> Talk:
    talk = opening(model=False)
    talk.at(0, ev.ModelLost("drop"))
    talk.at(0.1, ev.ModelLost("drop"))
    talk.at(1, ev.CalleeOnLine())
    return talk


STORIES: dict[tuple[State, State], tuple[Callable[[], Talk], ev.Event]] = {
    (State.OPENING, State.TALKING): (opening, ev.CalleeOnLine()),
    (State.OPENING, State.RETRYING): (waiting_for_model, ev.ModelLost("refused")),
    (State.OPENING, State.KEYPAD): (lost_before_callee, ev.ModelLost("refused")),
    (State.OPENING, State.CLOSING): (waiting_for_model, ev.KeyPressed("1")),
    (State.OPENING, State.ENDED): (waiting_for_model, ev.CallerLegEnded()),
    (State.TALKING, State.RETRYING): (greeted, ev.ModelLost("drop")),
    (State.TALKING, State.CLOSING): (greeted, ev.KeyPressed("2")),
    (State.TALKING, State.ENDED): (greeted, ev.CallerLegEnded()),
    (State.RETRYING, State.TALKING): (retrying, ev.ModelReady()),
    (State.RETRYING, State.KEYPAD): (retrying, ev.ModelLost("drop")),
    (State.RETRYING, State.CLOSING): (retrying, ev.KeyPressed("3")),
    (State.RETRYING, State.ENDED): (retrying, ev.CallerLegEnded()),
    (State.KEYPAD, State.CLOSING): (on_keypad, ev.KeyPressed("1")),
    (State.KEYPAD, State.ENDED): (on_keypad, ev.CallerLegEnded()),
    (State.MACHINE, State.CLOSING): (before_beep, ev.CalleeIsMachine(is_after_beep=True)),
    (State.MACHINE, State.ENDED): (before_beep, ev.CallerLegEnded()),
    (State.CLOSING, State.TALKING): (closing, ev.SpeechStarted()),
    (State.CLOSING, State.ENDED): (closing, ev.CallerLegEnded()),
}


@pytest.mark.parametrize(("before", "after"), list(STORIES), ids=lambda state: state.name.lower())
def test_a_way_is_taken(before: State, after: State) -> None:
    story, event = STORIES[before, after]
    talk = story()
    assert talk.is_in(before)
    talk.at(8, event)
    assert talk.is_in(after)


def test_talking_leads_to_the_keypad_when_the_second_session_breaks() -> None:
    talk = retrying()
    talk.at(4, ev.ModelReady())
    talk.at(5, ev.ModelLost("drop"))
    assert talk.is_in(State.KEYPAD)


def test_talking_leads_to_waiting_for_the_beep() -> None:
    assert before_beep().is_in(State.MACHINE)


def test_every_way_of_the_table_has_its_story() -> None:
    told_above = {(State.TALKING, State.KEYPAD), (State.TALKING, State.MACHINE)}
    assert {(before, after) for before, after, _ in moves()} == set(STORIES) | told_above


def test_a_way_that_the_table_lacks_is_a_fault_of_ours() -> None:
    talk = closing()
    with pytest.raises(BrokenMachineError):
        talk.machine._conversation.enter(State.OPENING)


def test_the_picture_in_the_docs_is_the_tables() -> None:
    assert Path(PAGE).read_text() == page(), "run: .venv/bin/python -m tools.generators.conversation_diagram"
