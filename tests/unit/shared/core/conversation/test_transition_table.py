"""The table decides: each way that a row names is taken by a story, and an event without a row changes nothing."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import get_args

import pytest

from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import EndConversation
from shared.core.conversation.call_plan import Timing
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.transition_table import IN_ANY_STATE, IN_STATE, TABLE, Trigger
from shared.core.order import OnMachine
from tests.unit.shared.core.conversation.script_support import Talk

PATIENT = Timing(call_s=7, model_ready_s=60, model_retry_s=60)  # the longest call comes before every other wait
FAILED = ev.ResponseDone("failed", ev.ResponseStatus.FAILED)
EVENTS: dict[type, ev.Event] = {
    type(event): event
    for event in (
        ev.CalleeOnLine(),
        ev.KeyPressed("1"),
        ev.ModelReady(),
        ev.ModelLost("drop"),
        ev.SpeechStarted(),
        ev.SpeechStopped(),
        ev.ResponseStarted("r"),
        ev.AudioBegan("r", "i"),
        ev.AgentSpoke("I will wait."),
        ev.ToolCallFinished("r", ev.ToolCall("c", "end_call", "{}")),
        ev.ResponseDone("r", ev.ResponseStatus.COMPLETED),
        ev.ResponseRefused(),
        ev.MarkEchoed("m1"),
        ev.StoredPromptQueued("stored:1"),
        ev.CallerLegEnded(),
        ev.CalleeIsPerson(),
        ev.CalleeIsMachine(is_after_beep=False),
        ev.OrderWithdrawn(),
    )
}


def outcome(kind: str) -> str:
    return json.dumps({"outcome": kind})


def in_state(state: State, *, timing: Timing | None = None, on_machine: OnMachine = OnMachine.LEAVE_MESSAGE) -> Talk:
    """A talk that stands in `state` by second 4; nobody has decided anything."""
    talk = Talk(on_machine=on_machine, timing=timing)
    talk.at(0, ev.CalleeOnLine())
    if state is State.OPENING:
        return talk
    talk.at(0, ev.ModelReady())
    talk.speaks(0.5)
    talk.hears_all(2)
    match state:
        case State.RETRYING | State.KEYPAD:
            talk.at(3, ev.ModelLost("drop"))
            if state is State.KEYPAD:
                talk.at(4, ev.ModelLost("drop"))
        case State.CLOSING:
            talk.calls(3, "end_call", "{}")
        case State.MACHINE:
            talk.calls(3, "record_outcome", outcome("machine"))
        case State.ENDED:
            talk.at(3, ev.CallerLegEnded())
        case _:
            pass
    assert talk.is_in(state)
    return talk


def second_session() -> Talk:
    """A talk on its second session, at second 5."""
    talk = in_state(State.RETRYING)
    talk.at(4, ev.ModelReady())
    talk.speaks(4.2, ms=500)
    talk.hears_all(5)
    return talk


def decided(talk: Talk) -> Talk:
    """The same talk, its goodbye interrupted by the customer at second 6."""
    talk.at(5, ev.KeyPressed("1"))
    talk.speaks(5.2, ms=2000)
    talk.at(6, ev.SpeechStarted())
    assert talk.is_in(State.TALKING)
    return talk


def answering(talk: Talk) -> Talk:
    """The same talk while the model answers, no audio of it having come yet."""
    talk.at(7, ev.SpeechStarted())
    talk.at(7.1, ev.SpeechStopped())
    talk.at(7.2, ev.ResponseStarted("failed"))
    return talk


def noisy(talk: Talk) -> Talk:
    """The same talk after a sound that was none."""
    talk.at(7, ev.SpeechStopped())
    return talk


def silent(talk: Talk) -> Talk:
    """The same talk after an answer, to which the customer says nothing."""
    talk.at(7, ev.SpeechStopped())
    talk.speaks(7.5)
    talk.hears_all(9)
    return talk


def without_model_at_pickup() -> Talk:
    talk = Talk()
    talk.at(0, ev.ModelLost("drop"))
    talk.at(0.1, ev.ModelLost("drop"))
    talk.at(1, ev.CalleeOnLine())
    return talk


def ready_before_pickup() -> Talk:
    talk = Talk()
    talk.at(0, ev.ModelReady())
    return talk


def retrying_after_decision() -> Talk:
    talk = decided(in_state(State.TALKING))
    talk.at(6.5, ev.ModelLost("drop"))
    return talk


def asked_for_a_key_twice() -> Talk:
    talk = in_state(State.KEYPAD)
    talk.plays_stored(4, "stored:2")
    talk.hears_all(5)
    talk.plays_stored(talk.wait()[0], "stored:3")
    talk.hears_all(15)
    return talk


def heard_before_done(state: State) -> Talk:
    """A talk in which all audio of a running response has been heard already."""
    talk = in_state(state)
    talk.at(5, ev.ResponseStarted("r"))
    talk.at(5, ev.AudioBegan("r", "i"))
    talk.playback.append("i", 500, 5)
    talk.at(6, ev.MarkEchoed(talk.playback.next_mark()))
    return talk


def waited_for_the_end(talk: Talk) -> Talk:
    """The same talk when the first wait for the response's end is over, which is counted from its first audio."""
    assert talk.wait()[1] == []
    return talk


def called(talk: Talk, name: str, arguments: str) -> Talk:
    """The same talk when its running response has called a tool, and nothing more is told of it."""
    talk.at(5.1, ev.ToolCallFinished("r", ev.ToolCall("c", name, arguments)))
    return talk


def spoken_goodbye() -> Talk:
    talk = in_state(State.CLOSING)
    talk.speaks(5)
    return talk


def done(name: str, arguments: str) -> ev.ResponseDone:
    return ev.ResponseDone("r", ev.ResponseStatus.COMPLETED, (ev.ToolCall("c", name, arguments),))


def running(state: State, on_machine: OnMachine = OnMachine.LEAVE_MESSAGE) -> Talk:
    talk = in_state(state, on_machine=on_machine)
    talk.at(5, ev.ResponseStarted("r"))
    return talk


Way = tuple[State, Trigger, State]
Story = tuple[Callable[[], Talk], ev.Event | None]  # None: time passes to the machine's deadline


def shared_stories() -> Iterator[tuple[Way, Story]]:
    """The ways of the rows of any state."""
    for state in State:
        if state is State.ENDED:
            continue

        def talk(state: State = state) -> Talk:
            return in_state(state, timing=PATIENT)

        yield (state, ev.CallerLegEnded, State.ENDED), (talk, ev.CallerLegEnded())
        yield (state, ev.CalleeIsMachine, State.ENDED), (talk, ev.CalleeIsMachine(is_after_beep=False))
        if state is not State.CLOSING:
            yield (state, ev.CalleeIsMachine, State.CLOSING), (talk, ev.CalleeIsMachine(is_after_beep=True))
            yield (state, ev.OrderWithdrawn, State.CLOSING), (talk, ev.OrderWithdrawn())
            yield (state, Timer.CALL, State.CLOSING), (talk, None)


STORIES: dict[Way, Story] = {
    **dict(shared_stories()),
    (State.OPENING, ev.CalleeOnLine, State.TALKING): (ready_before_pickup, ev.CalleeOnLine()),
    (State.OPENING, ev.ModelReady, State.TALKING): (lambda: in_state(State.OPENING), ev.ModelReady()),
    (State.OPENING, ev.ModelLost, State.RETRYING): (lambda: in_state(State.OPENING), ev.ModelLost("drop")),
    (State.OPENING, ev.ModelLost, State.KEYPAD): (without_model_at_pickup, ev.ModelLost("drop")),
    (State.OPENING, Timer.MODEL_READY, State.RETRYING): (lambda: in_state(State.OPENING), None),
    (State.OPENING, Timer.MODEL_READY, State.KEYPAD): (without_model_at_pickup, None),
    (State.OPENING, ev.KeyPressed, State.CLOSING): (lambda: in_state(State.OPENING), ev.KeyPressed("1")),
    (State.TALKING, ev.ResponseDone, State.RETRYING): (lambda: in_state(State.TALKING), FAILED),
    (State.TALKING, ev.ResponseDone, State.KEYPAD): (second_session, FAILED),
    (State.TALKING, ev.ResponseDone, State.CLOSING): (
        lambda: running(State.TALKING),
        done("record_outcome", outcome("opted_out")),
    ),
    (State.TALKING, ev.ResponseDone, State.MACHINE): (lambda: running(State.TALKING), done("record_outcome", outcome("machine"))),
    (State.TALKING, ev.ResponseDone, State.ENDED): (
        lambda: running(State.TALKING, OnMachine.HANG_UP),
        done("record_outcome", outcome("machine")),
    ),
    (State.TALKING, Timer.RESPONSE_END, State.CLOSING): (
        lambda: called(running(State.TALKING), "record_outcome", outcome("opted_out")),
        None,
    ),
    (State.TALKING, Timer.RESPONSE_END, State.MACHINE): (
        lambda: called(running(State.TALKING), "record_outcome", outcome("machine")),
        None,
    ),
    (State.TALKING, Timer.RESPONSE_END, State.ENDED): (
        lambda: called(running(State.TALKING, OnMachine.HANG_UP), "record_outcome", outcome("machine")),
        None,
    ),
    (State.TALKING, ev.ModelLost, State.RETRYING): (lambda: in_state(State.TALKING), ev.ModelLost("drop")),
    (State.TALKING, ev.ModelLost, State.KEYPAD): (second_session, ev.ModelLost("drop")),
    (State.TALKING, ev.ModelLost, State.CLOSING): (lambda: decided(second_session()), ev.ModelLost("drop")),
    (State.TALKING, ev.KeyPressed, State.CLOSING): (lambda: in_state(State.TALKING), ev.KeyPressed("2")),
    (State.TALKING, Timer.FIRST_AUDIO, State.RETRYING): (lambda: answering(in_state(State.TALKING)), None),
    (State.TALKING, Timer.FIRST_AUDIO, State.KEYPAD): (lambda: answering(second_session()), None),
    (State.TALKING, Timer.FIRST_AUDIO, State.CLOSING): (lambda: answering(decided(second_session())), None),
    (State.TALKING, Timer.TURN, State.CLOSING): (lambda: noisy(decided(in_state(State.TALKING))), None),
    (State.TALKING, Timer.SILENCE, State.CLOSING): (lambda: silent(decided(in_state(State.TALKING))), None),
    (State.RETRYING, ev.ModelReady, State.TALKING): (lambda: in_state(State.RETRYING), ev.ModelReady()),
    (State.RETRYING, ev.ModelLost, State.KEYPAD): (lambda: in_state(State.RETRYING), ev.ModelLost("drop")),
    (State.RETRYING, ev.ModelLost, State.CLOSING): (retrying_after_decision, ev.ModelLost("drop")),
    (State.RETRYING, Timer.MODEL_READY, State.KEYPAD): (lambda: in_state(State.RETRYING), None),
    (State.RETRYING, Timer.MODEL_READY, State.CLOSING): (retrying_after_decision, None),
    (State.RETRYING, ev.KeyPressed, State.CLOSING): (lambda: in_state(State.RETRYING), ev.KeyPressed("3")),
    (State.KEYPAD, ev.KeyPressed, State.CLOSING): (lambda: in_state(State.KEYPAD), ev.KeyPressed("1")),
    (State.KEYPAD, Timer.KEY, State.CLOSING): (asked_for_a_key_twice, None),
    (State.CLOSING, ev.SpeechStarted, State.TALKING): (lambda: in_state(State.CLOSING), ev.SpeechStarted()),
    (State.CLOSING, ev.KeyPressed, State.TALKING): (lambda: in_state(State.CLOSING), ev.KeyPressed("9")),
    (State.CLOSING, ev.ResponseDone, State.ENDED): (
        lambda: heard_before_done(State.CLOSING),
        ev.ResponseDone("r", ev.ResponseStatus.COMPLETED),
    ),
    (State.CLOSING, ev.MarkEchoed, State.ENDED): (spoken_goodbye, ev.MarkEchoed("m2")),
    (State.CLOSING, Timer.HEARD, State.ENDED): (spoken_goodbye, None),
    (State.CLOSING, Timer.RESPONSE_END, State.ENDED): (lambda: waited_for_the_end(heard_before_done(State.CLOSING)), None),
    (State.MACHINE, ev.ResponseDone, State.CLOSING): (
        lambda: running(State.MACHINE),
        done("record_outcome", outcome("confirmed")),
    ),
    (State.MACHINE, Timer.RESPONSE_END, State.CLOSING): (
        lambda: called(running(State.MACHINE), "record_outcome", outcome("confirmed")),
        None,
    ),
    (State.MACHINE, Timer.BEEP, State.ENDED): (lambda: in_state(State.MACHINE), None),
}


def _way_id(way: object) -> str:
    return way.__name__ if isinstance(way, type) else getattr(way, "name", "").lower()


@pytest.mark.parametrize(("before", "trigger", "after"), list(STORIES), ids=_way_id)
def test_a_way_of_the_table_is_taken(before: State, trigger: Trigger, after: State) -> None:
    story, event = STORIES[before, trigger, after]
    talk = story()
    assert talk.is_in(before)
    if event is None:
        talk.wait_over_fillers()
    else:
        assert type(event) is trigger
        talk.at(9, event)
    assert talk.is_in(after)


def test_every_way_of_the_table_has_its_story() -> None:
    ways = {
        (before, trigger, after)
        for before, rows in TABLE.items()
        for trigger, row in rows.items()
        for after in row.ways
        if after is not before
    }
    assert ways == set(STORIES)


def test_no_state_has_two_rows_for_one_event() -> None:
    for rows in (IN_ANY_STATE, *IN_STATE.values()):
        assert max(Counter(row.trigger for row in rows).values(), default=1) == 1


def test_every_event_and_every_wait_has_a_row_in_some_state() -> None:
    triggers = {trigger for rows in TABLE.values() for trigger in rows}
    assert triggers == {*get_args(ev.Event), *Timer} - {ev.DeadlineReached}


@pytest.mark.parametrize(
    ("state", "event"),
    [(state, event) for state in State for kind, event in EVENTS.items() if kind not in TABLE[state]],
    ids=lambda value: value.name.lower() if isinstance(value, State) else type(value).__name__,
)
def test_an_event_without_a_row_is_ignored(state: State, event: ev.Event) -> None:
    talk = in_state(state)
    deadline = talk.machine.deadline
    assert talk.at(4.5, event) == []
    assert talk.is_in(state)
    assert talk.machine.deadline == deadline


def test_nothing_is_said_to_a_machine_whose_beep_is_waited_for() -> None:
    """What was waited for in the talk, an end of the speech or an answer to it, is no longer waited for."""
    talk = in_state(State.TALKING)
    talk.at(3, ev.ResponseStarted("r"))
    talk.at(3.1, ev.SpeechStarted())
    talk.at(3.2, done("record_outcome", outcome("machine")))
    assert talk.is_in(State.MACHINE)
    assert talk.wait()[1] == []
    assert talk.wait()[1] == [EndConversation(Conclusion.MACHINE, "machine")]
