"""Whatever callee, model, line and shop do, in any order: the conversation ends once, and in time."""

from hypothesis import example, given
from hypothesis import strategies as st

from shared.core.conversation import events as ev
from shared.core.conversation.actions import EndConversation, PlayStored, RecordDisclosure, RecordVerdict
from shared.core.conversation.call_plan import Timing
from shared.core.conversation.state.conversation_state import State
from shared.core.order import OnMachine
from shared.core.outcome import Channel
from tests.unit.shared.core.conversation.script_support import Talk
from tests.unit.shared.core.conversation.test_moves import MACHINE

SOME_CALLS = st.sampled_from(
    [
        (),
        (ev.ToolCall("c", "record_outcome", '{"outcome": "confirmed"}'),),
        (ev.ToolCall("c", "record_outcome", MACHINE),),
        (ev.ToolCall("c", "record_outcome", "{"),),
        (ev.ToolCall("c", "end_call", "{}"),),
    ]
)


IDS = st.sampled_from(["a", "b", "c"])


EVENTS = st.one_of(
    st.builds(ev.KeyPressed, st.sampled_from("1239#")),
    st.builds(ev.MarkEchoed, st.sampled_from(["m1", "m2", "m3"])),
    st.builds(ev.ModelReady),
    st.builds(ev.ModelLost, st.just("drop")),
    st.builds(ev.SpeechStarted),
    st.builds(ev.SpeechStopped),
    st.builds(ev.ResponseStarted, IDS),
    st.builds(ev.AudioBegan, IDS, IDS),
    st.builds(ev.AgentSpoke, st.just("I will wait.")),
    st.builds(ev.ResponseDone, IDS, st.sampled_from(list(ev.ResponseStatus)), SOME_CALLS),
    st.builds(ev.ResponseRefused),
    st.builds(ev.StoredPromptQueued, st.just("stored:1")),
    st.builds(ev.CalleeIsPerson),
    st.builds(ev.CalleeIsMachine, is_after_beep=st.booleans()),
    st.builds(ev.OrderWithdrawn),
)


REPORTED_TOO_SOON: list[tuple[float, ev.Event]] = [
    (0.0, ev.ResponseStarted("r1")),
    (0.0, ev.ResponseDone("r1", ev.ResponseStatus.COMPLETED, (ev.ToolCall("c1", "record_outcome", '{"outcome": "machine"}'),))),
]


@given(
    st.lists(st.tuples(st.floats(0, 5), EVENTS), max_size=30),
    st.sampled_from(list(OnMachine)),
)
@example(REPORTED_TOO_SOON, OnMachine.LEAVE_MESSAGE)
def test_whatever_happens_the_conversation_ends_once_and_in_time(told: list[tuple[float, ev.Event]], on_machine: OnMachine) -> None:
    talk = Talk(on_machine=on_machine)
    now = 0.0
    actions = talk.at(now, ev.CalleeOnLine())
    for pause_s, event in told:
        now += pause_s
        actions += talk.at(now, event)
    while talk.machine.deadline is not None:
        now = max(now, talk.machine.deadline)
        assert now < sum(pause_s for pause_s, _ in told) + Timing().call_s + 60
        actions += talk.at(now, ev.DeadlineReached())
    assert talk.is_in(State.ENDED)
    assert sum(isinstance(action, EndConversation) for action in actions) == 1
    assert isinstance(actions[-1], EndConversation)


@given(st.lists(st.tuples(st.floats(0, 5), EVENTS), max_size=30))
def test_no_key_ever_decides_before_the_disclosure_was_heard(told: list[tuple[float, ev.Event]]) -> None:
    talk = Talk()
    now, is_disclosed = 0.0, False
    waiting: list[tuple[float, ev.Event]] = [(0.0, ev.CalleeOnLine()), *told]
    while waiting:
        pause_s, event = waiting.pop(0)
        now += pause_s
        actions = talk.at(now, event)
        if isinstance(event, ev.AudioBegan):
            talk.playback.append(event.item_id, 400, now)
        for action in actions:
            is_disclosed = is_disclosed or isinstance(action, RecordDisclosure)
            is_by_key = isinstance(action, RecordVerdict) and action.channel is Channel.KEYPAD
            assert is_disclosed or not is_by_key
            if isinstance(action, PlayStored):
                talk.plays_stored(now, action.item_id)
        if not waiting and talk.machine.deadline is not None:
            waiting.append((max(0.0, talk.machine.deadline - now), ev.DeadlineReached()))
