"""The table of the conversation: what is done about which event in which state, and to which states that may lead."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from shared.core.conversation import events as ev
from shared.core.conversation.actions import Action
from shared.core.conversation.reactions import (
    answering_machine,
    fillers,
    goodbye_heard,
    goodbyes,
    keys,
    opening,
    playback_heard,
    responses,
    session_loss,
    silence_prompts,
    speech,
)
from shared.core.conversation.state.conversation_state import ConversationState, State, Ways
from shared.core.conversation.state.timers import Timer

Trigger = type[object] | Timer
"""What a row is about: a class of events, or a wait that is over."""

_E = TypeVar("_E", bound=ev.Event)


@dataclass(frozen=True, slots=True)
class Row:
    """What is done (`react`) about `trigger`, and the `ways` to other states that this may take, each with its reason."""

    trigger: Trigger
    react: Callable[[ConversationState, Any, float], list[Action]]  # Any: an event of the class that `trigger` names
    ways: Ways = field(default_factory=dict)


def _on(event: type[_E], react: Callable[[ConversationState, _E, float], list[Action]], ways: Ways | None = None) -> Row:
    return Row(event, react, ways or {})


def _over(timer: Timer, react: Callable[[ConversationState, Timer, float], list[Action]], ways: Ways | None = None) -> Row:
    return Row(timer, react, ways or {})


_KEY: Final = "a key"
_MACHINE: Final = "an answering machine"
_LEAVE: Final = "a decision, or the model ends the call"
_LAST_WORDS: Final[Ways] = {State.ENDED: "the last words were heard"}
_SECOND_LOSS: Final[Ways] = {
    State.RETRYING: "the session broke",
    State.KEYPAD: "the second session broke too, or would",
    State.CLOSING: "the second session broke after a decision",
}
_SECOND_LOSS_WHILE_RETRYING: Final[Ways] = {State.KEYPAD: "no second session", State.CLOSING: "no second session after a decision"}

IN_ANY_STATE: Final[tuple[Row, ...]] = (
    _on(ev.CallerLegEnded, goodbyes.hang_up, {State.ENDED: "hung up"}),
    _on(ev.CalleeIsPerson, answering_machine.note_person),
    _on(ev.CalleeIsMachine, answering_machine.detect_machine, {State.CLOSING: "the message after the beep", State.ENDED: _MACHINE}),
    _on(ev.OrderWithdrawn, goodbyes.withdraw, {State.CLOSING: "withdrawal"}),
    _on(ev.StoredPromptQueued, playback_heard.await_prompt),
    _on(ev.MarkEchoed, playback_heard.note_mark),
    _over(Timer.HEARD, playback_heard.assume_heard),
    _over(Timer.CALL, goodbyes.end_longest_call, {State.CLOSING: "the longest call"}),
)
"""What is done in each state but ENDED, unless the state has a row of its own for it."""

IN_STATE: Final[Mapping[State, tuple[Row, ...]]] = {
    State.OPENING: (
        _on(ev.CalleeOnLine, opening.meet_callee, {State.TALKING: "callee and session are there"}),
        _on(ev.ModelReady, opening.take_session, {State.TALKING: "callee and session are there"}),
        _on(ev.ModelLost, session_loss.replace_session, {State.RETRYING: "no session", State.KEYPAD: "no second session either"}),
        _over(
            Timer.MODEL_READY,
            session_loss.replace_late_session,
            {State.RETRYING: "no session", State.KEYPAD: "no second session either"},
        ),
        _on(ev.KeyPressed, keys.take_early_key, {State.CLOSING: _KEY}),
    ),
    State.TALKING: (
        _on(ev.SpeechStarted, speech.listen),
        _on(ev.SpeechStopped, speech.await_answer),
        _on(ev.ResponseStarted, responses.start_response),
        _on(ev.ResponseRefused, responses.request_again),
        _on(ev.ItemBegan, fillers.note_life),
        _on(ev.AudioBegan, responses.note_audio),
        _on(ev.AgentSpoke, responses.note_words),
        _on(ev.ToolCallFinished, responses.note_call),
        _on(
            ev.ResponseDone,
            responses.finish_response,
            {**_SECOND_LOSS, State.CLOSING: _LEAVE, State.MACHINE: "the model reports a machine", State.ENDED: _MACHINE},
        ),
        _on(ev.ModelLost, session_loss.replace_session, _SECOND_LOSS),
        _on(ev.KeyPressed, keys.take_key, {State.CLOSING: _KEY}),
        _over(Timer.FILLER, fillers.play_filler),
        _over(Timer.FIRST_AUDIO, session_loss.replace_mute_session, _SECOND_LOSS),
        _over(
            Timer.RESPONSE_END,
            responses.end_overdue_response,
            {State.CLOSING: _LEAVE, State.MACHINE: "the model reports a machine", State.ENDED: _MACHINE},
        ),
        _over(Timer.TURN, speech.go_on_without_answer, {State.CLOSING: "nothing was said after a decision"}),
        _over(Timer.STUCK_SPEECH, speech.speak_into_noise),
        _over(Timer.SILENCE, silence_prompts.break_silence, {State.CLOSING: "silence"}),
    ),
    State.RETRYING: (
        _on(ev.ModelReady, session_loss.take_second_session, {State.TALKING: "the second session is there"}),
        _on(ev.ModelLost, session_loss.replace_session, _SECOND_LOSS_WHILE_RETRYING),
        _over(Timer.MODEL_READY, session_loss.replace_late_session, _SECOND_LOSS_WHILE_RETRYING),
        _on(ev.KeyPressed, keys.take_early_key, {State.CLOSING: _KEY}),
    ),
    State.KEYPAD: (
        _on(ev.KeyPressed, keys.take_key_on_keypad, {State.CLOSING: _KEY}),
        _on(ev.MarkEchoed, playback_heard.note_mark_on_keypad),
        _over(Timer.HEARD, playback_heard.assume_prompt_heard),
        _over(Timer.KEY, session_loss.offer_keypad_again, {State.CLOSING: "no key"}),
    ),
    State.CLOSING: (
        _on(ev.SpeechStarted, speech.listen_in_goodbye, {State.TALKING: "the customer speaks up"}),
        _on(ev.SpeechStopped, speech.note_end_of_speech),
        _on(ev.ResponseStarted, responses.note_response),
        _on(ev.ResponseRefused, responses.request_again),
        _on(ev.ItemBegan, fillers.note_life),
        _on(ev.AudioBegan, responses.note_audio_in_goodbye),
        _on(ev.AgentSpoke, responses.note_words),
        _on(ev.ToolCallFinished, responses.note_call),
        _on(ev.ResponseDone, responses.finish_response_in_goodbye, _LAST_WORDS),
        _on(ev.ModelLost, session_loss.replace_goodbye),
        _on(ev.KeyPressed, keys.take_key_in_goodbye, {State.TALKING: "key 9"}),
        _on(ev.MarkEchoed, goodbye_heard.note_mark_in_goodbye, _LAST_WORDS),
        _over(Timer.HEARD, goodbye_heard.assume_goodbye_heard, _LAST_WORDS),
        _over(Timer.FILLER, fillers.play_filler),
        _over(Timer.FIRST_AUDIO, session_loss.replace_mute_goodbye),
        _over(Timer.RESPONSE_END, responses.end_overdue_response, _LAST_WORDS),
    ),
    State.MACHINE: (
        _on(ev.SpeechStopped, speech.note_end_of_speech),
        _on(ev.ResponseStarted, responses.note_response),
        _on(ev.ResponseRefused, responses.request_again),
        _on(ev.AudioBegan, responses.note_audio),
        _on(ev.AgentSpoke, responses.note_words),
        _on(ev.ToolCallFinished, responses.note_call),
        _on(
            ev.ResponseDone,
            responses.finish_response_before_beep,
            {State.CLOSING: _LEAVE},
        ),
        _on(ev.ModelLost, session_loss.do_without_session),
        _over(Timer.FIRST_AUDIO, session_loss.do_without_session),
        _over(Timer.RESPONSE_END, responses.end_overdue_response, {State.CLOSING: _LEAVE}),
        _over(Timer.BEEP, answering_machine.end_without_beep, {State.ENDED: "no beep"}),
    ),
    State.ENDED: (),
}
"""What is done in one state only, or otherwise than in any other."""


def _rows_of(state: State) -> Mapping[Trigger, Row]:
    own = {row.trigger: row for row in IN_STATE[state]}
    shared = () if state is State.ENDED else IN_ANY_STATE
    return own | {row.trigger: row for row in shared if row.trigger not in own}


TABLE: Final[Mapping[State, Mapping[Trigger, Row]]] = {state: _rows_of(state) for state in State}
"""The row of each state and trigger. What has no row is ignored: it comes too late, twice, or means nothing in that state."""


def moves() -> Iterator[tuple[State, State, str]]:
    """Yield every way from one state to another, and what leads there, once for each reason."""
    told: set[tuple[State, State, str]] = set()
    for before, rows in TABLE.items():
        for row in rows.values():
            for after, reason in row.ways.items():
                move = (before, after, reason)
                if after is not before and move not in told:
                    told.add(move)
                    yield move
