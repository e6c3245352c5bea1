"""The conversation: `receive(event, now)` gives the actions, `deadline` says when time itself is the next event."""

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from shared.core import keypad
from shared.core.confirmation import Conclusion
from shared.core.conversation import events as ev
from shared.core.conversation.actions import Action, DropModel, ReconnectModel, Respond, Say, TellModel
from shared.core.conversation.parts.response_slot import Purpose, Wish
from shared.core.conversation.parts.timers import Timer
from shared.core.conversation.plan import Plan
from shared.core.conversation.playback import Playback
from shared.core.conversation.reactions.goodbyes import (
    decide,
    end,
    give_up,
    heard,
    machine_detected,
    part,
    part_with_stored_words,
    withdrawn,
)
from shared.core.conversation.reactions.responses import (
    agent_spoke,
    audio_began,
    greet,
    response_done,
    response_started,
    silence_over,
    speech_started,
    speech_stopped,
    stuck_speech_over,
    turn_over,
    watch_silence,
)
from shared.core.conversation.state import State, Talk
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel

_MAX_KEYPAD_OFFERS: Final = 2
_CONTINUE: Final = Respond("The line broke for a moment. Do not greet again; take the talk up where it was, in one short sentence.")


class ConversationMachine:
    """One call's conversation. Single use; `playback` is shared with the audio lane of the bridge."""

    def __init__(self, plan: Plan, playback: Playback) -> None:
        self._talk = Talk(plan, playback)

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._talk.state

    @property
    def deadline(self) -> float | None:
        """When `DeadlineReached` must be delivered, in the seconds of `now`; None while nothing is waited for."""
        return self._talk.timers.deadline

    def receive(self, event: ev.Event, now: float) -> list[Action]:
        """Take one event in and return what is to be done, in order. After the end nothing is done any more."""
        talk = self._talk
        if talk.state is State.ENDED:
            return []
        actions = _dispatch(talk, event, now)
        watch_silence(talk, now)
        return actions


def _dispatch(talk: Talk, event: ev.Event, now: float) -> list[Action]:  # noqa: C901, PLR0911, PLR0912 - the machine's table
    """Give the event to the function that knows it."""
    match event:
        case ev.CalleeOnLine():
            return _callee_on_line(talk, now)
        case ev.KeyPressed(digit=digit):
            return _key(talk, digit, now)
        case ev.MarkEchoed(name=name):
            talk.playback.echo(name, now)
            return heard(talk, now)
        case ev.CallerLegEnded(reason=reason):
            return end(talk, reason)
        case ev.ModelReady():
            return _model_ready(talk, now)
        case ev.ModelLost(reason=reason):
            return _model_lost(talk, reason, now)
        case ev.SpeechStarted():
            return speech_started(talk, now)
        case ev.SpeechStopped():
            return speech_stopped(talk, now)
        case ev.ResponseStarted(response_id=response_id):
            return response_started(talk, response_id, now)
        case ev.AudioBegan(item_id=item_id):
            return audio_began(talk, item_id)
        case ev.AgentSpoke(text=text):
            return agent_spoke(talk, text)
        case ev.ResponseDone(status=ev.ResponseStatus.FAILED):
            talk.speaker.done(event.response_id)
            return _model_lost(talk, event.reason or "response_failed", now)
        case ev.ResponseDone():
            return response_done(talk, event, now)
        case ev.ResponseRefused():
            return talk.speaker.refused()
        case ev.StoredPromptQueued():
            talk.expect_heard(now)
            return []
        case ev.CalleeIsPerson():
            return talk.reveal()
        case ev.CalleeIsMachine(is_after_beep=is_after_beep):
            return machine_detected(talk, is_after_beep=is_after_beep, now=now)
        case ev.OrderWithdrawn():
            return withdrawn(talk, now)
        case ev.DeadlineReached():
            return [action for timer in talk.timers.expired(now) for action in _time_over(talk, timer, now)]
        case _:  # pragma: no cover
            assert_never(event)


def _callee_on_line(talk: Talk, now: float) -> list[Action]:
    talk.is_on_line = True
    talk.timers.set(Timer.CALL, now + talk.timing.call_s)
    if talk.speaker.is_ready:
        talk.enter(State.TALKING)
        return greet(talk, now)
    talk.timers.set(Timer.MODEL_READY, now + talk.timing.model_ready_s)
    return []


def _model_ready(talk: Talk, now: float) -> list[Action]:
    """Greet, or take the talk up again on the second session."""
    if talk.state not in {State.OPENING, State.RETRYING}:
        return []
    talk.timers.stop(Timer.MODEL_READY)
    released = talk.speaker.ready()
    if not talk.is_on_line:
        return released
    talk.enter(State.TALKING)
    if talk.has_greeted:
        return released + talk.ask(Wish(Purpose.ANSWER, _CONTINUE), now)
    return released + greet(talk, now)


def _model_lost(talk: Talk, reason: str, now: float) -> list[Action]:
    """Try a second session once, with a word to the customer; after that stored prompts and the keypad."""
    talk.speaker.reset()
    talk.is_customer_speaking = False
    talk.timers.stop(Timer.FIRST_AUDIO, Timer.TURN, Timer.STUCK_SPEECH, Timer.SILENCE, Timer.MODEL_READY)
    if talk.state is State.CLOSING:
        return [] if _is_goodbye_complete(talk) else part_with_stored_words(talk, now)
    if talk.state in {State.KEYPAD, State.MACHINE}:
        return []
    if not talk.has_retried:
        talk.has_retried = True
        if not talk.is_on_line:
            return [ReconnectModel()]
        talk.enter(State.RETRYING)
        talk.timers.set(Timer.MODEL_READY, now + talk.timing.model_retry_s)
        return [ReconnectModel(), talk.play("one_moment", now)[1]]
    if not talk.is_on_line:
        return []
    talk.reason = reason
    if talk.is_decided or talk.is_parting_cut:
        talk.enter(State.CLOSING)
        return part_with_stored_words(talk, now)
    talk.enter(State.KEYPAD)
    return [DropModel(), *_offer_keypad(talk, now)]


def _is_goodbye_complete(talk: Talk) -> bool:
    """Whether all of the goodbye's audio is with Twilio, so that only its mark is missing."""
    return talk.last_words is not None and talk.timers.is_set(Timer.HEARD)


def _offer_keypad(talk: Talk, now: float) -> list[Action]:
    talk.keypad_offers += 1
    return [talk.play("keypad", now)[1]]


def _key(talk: Talk, digit: str, now: float) -> list[Action]:
    """Let a key decide, at any moment of the call."""
    if talk.is_final or talk.state is State.MACHINE:
        return []
    if digit == keypad.REPEAT:
        return _repeat(talk, now)
    kind = keypad.VERDICTS.get(digit)
    if kind is None:
        return []
    hushed = talk.speaker.stop(now)
    if talk.speaker.is_ready:
        hushed.append(TellModel(f"The customer pressed key {digit}: {kind.value}."))
    return hushed + decide(talk, OutcomeReport(kind=kind), Channel.KEYPAD, now)


def _repeat(talk: Talk, now: float) -> list[Action]:
    """Say again what the call is about, and the keys."""
    hushed = talk.speaker.stop(now)
    talk.end_silence()
    if talk.state is State.KEYPAD:
        talk.timers.stop(Timer.KEY)
        return [*hushed, talk.play("keypad", now)[1]]
    if talk.state is State.CLOSING and talk.speaker.is_ready:
        talk.enter(State.TALKING)
        talk.is_parting_cut, talk.last_words = True, None
    if talk.state is not State.TALKING:
        return hushed
    return hushed + talk.ask(Wish(Purpose.ANSWER, Say(talk.lines.repeat)), now)


def _time_over(talk: Talk, timer: Timer, now: float) -> list[Action]:
    """Act on a wait that is over."""
    return [] if talk.state is State.ENDED else _TIME_OVER[timer](talk, now)


def _no_model(talk: Talk, now: float) -> list[Action]:
    return _model_lost(talk, "no_session", now)


def _no_audio(talk: Talk, now: float) -> list[Action]:
    if talk.state is State.CLOSING:
        return talk.speaker.stop(now) + part_with_stored_words(talk, now)
    return _model_lost(talk, "no_audio", now)


def _no_mark(talk: Talk, now: float) -> list[Action]:
    talk.playback.assume_heard(now)
    return heard(talk, now)


def _no_key(talk: Talk, now: float) -> list[Action]:
    if talk.keypad_offers < _MAX_KEYPAD_OFFERS:
        return _offer_keypad(talk, now)
    talk.conclusion = Conclusion.ERROR
    return part(talk, now)


def _no_beep(talk: Talk, _now: float) -> list[Action]:
    return end(talk)


def _call_too_long(talk: Talk, now: float) -> list[Action]:
    talk.is_final, talk.goes_on = True, False
    return talk.speaker.stop(now) + give_up(talk, "time_limit", now)


_TIME_OVER: Final[Mapping[Timer, Callable[[Talk, float], list[Action]]]] = {
    Timer.MODEL_READY: _no_model,
    Timer.FIRST_AUDIO: _no_audio,
    Timer.TURN: turn_over,
    Timer.STUCK_SPEECH: stuck_speech_over,
    Timer.SILENCE: silence_over,
    Timer.HEARD: _no_mark,
    Timer.KEY: _no_key,
    Timer.BEEP: _no_beep,
    Timer.CALL: _call_too_long,
}
