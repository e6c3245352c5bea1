"""Whatever the model does, and whatever it does not tell: while a call goes on, something shorter than the call is waited for."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from shared.core.conversation import events as ev
from shared.core.conversation.actions import PlayStored
from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.state.timers import Timer
from tests.unit.shared.core.conversation.script_support import Talk

OTHER_WAITS = [timer for timer in Timer if timer is not Timer.CALL]
NAMES = ("r1", "r2", "r3", "")
CALLS = (
    ev.ToolCall("c", "record_outcome", '{"outcome": "confirmed"}'),
    ev.ToolCall("c", "end_call", "{}"),
    ev.ToolCall("c", "x", ""),
)


class Line(Talk):
    """A talk whose stored prompts are played, and whose marks come back if a test says so."""

    def at(self, now: float, event: ev.Event) -> list[object]:  # type: ignore[override]
        actions = self.machine.receive(event, now)
        for action in actions:
            if isinstance(action, PlayStored):
                self.plays_stored(now, action.item_id)
        return list(actions)

    def audio(self, now: float, response: str, ms: float) -> None:
        if not self.playback.is_muted(response):
            self.playback.append(f"i{response}", ms, now)
            self.at(now, ev.AudioBegan(response, f"i{response}"))

    def check(self) -> None:
        conversation = self.machine._conversation
        if self.machine.state not in {State.ENDED, State.OPENING}:
            waits = [timer.name for timer in OTHER_WAITS if conversation.timers.is_set(timer)]
            assert waits, (self.machine.state, conversation.response_slot.running)


Step = Callable[[Line, float], object]


def steps() -> st.SearchStrategy[Step]:
    """One thing that happens to a line."""
    names = st.sampled_from(NAMES)
    return st.one_of(
        st.sampled_from(
            [
                ev.SpeechStarted(),
                ev.SpeechStopped(),
                ev.ResponseRefused(),
                ev.KeyPressed("9"),
                ev.KeyPressed("1"),
                ev.OrderWithdrawn(),
                ev.ModelLost("x"),
                ev.ModelReady(),
                ev.AgentSpoke("I will wait."),
            ]
        ).map(lambda event: lambda line, now: line.at(now, event)),
        names.map(lambda name: lambda line, now: line.at(now, ev.ResponseStarted(name))),
        st.tuples(names, st.sampled_from([20.0, 2000.0])).map(lambda audio: lambda line, now: line.audio(now, *audio)),
        st.tuples(names, st.sampled_from(list(ev.ResponseStatus)), st.lists(st.sampled_from(CALLS), max_size=1)).map(
            lambda end: (
                lambda line, now: line.at(
                    now,
                    ev.ResponseDone(end[0], end[1], tuple(end[2]))
                    if end[1] is ev.ResponseStatus.COMPLETED
                    else ev.ResponseDone(end[0], end[1], void_calls=tuple(end[2])),
                )
            )
        ),
        st.tuples(names, st.sampled_from(CALLS)).map(lambda called: lambda line, now: line.at(now, ev.ToolCallFinished(*called))),
        st.just(lambda line, now: line.hears_all(now)),
    )


@given(st.lists(st.tuples(steps(), st.sampled_from([0.0, 0.5, 3.0, 30.0])), max_size=25))
def test_something_shorter_than_the_call_is_always_waited_for(happened: list[tuple[Step, float]]) -> None:
    line, now = Line(), 0.0
    line.at(now, ev.ModelReady())
    line.at(now, ev.CalleeOnLine())
    line.check()
    for step, pause_s in happened:
        until = now + pause_s
        while (due := line.machine.deadline) is not None and due <= until:
            now = max(now, due)
            line.at(now, ev.DeadlineReached())
            line.check()
        now = until
        step(line, now)
        line.check()
