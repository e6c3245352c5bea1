"""What a response of the model does: it starts, its audio begins, its words are known, and it ends."""

from dataclasses import replace

from shared.core.conversation.actions import Action, SendMark
from shared.core.conversation.events import (
    AgentSpoke,
    AudioBegan,
    ResponseDone,
    ResponseRefused,
    ResponseStarted,
    ResponseStatus,
    ToolCallFinished,
)
from shared.core.conversation.reactions.goodbye_heard import end_if_last_words_heard
from shared.core.conversation.reactions.goodbyes import say_stored_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.reactions.playback_heard import note_heard
from shared.core.conversation.reactions.session_loss import forget_session, lose_session, lose_session_in_goodbye
from shared.core.conversation.reactions.silent_responses import lacks_goodbye, replace_silent_response
from shared.core.conversation.reactions.tool_calls import act_on_calls, act_on_calls_in_goodbye, refuse_void_calls
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, RunningResponse
from shared.core.conversation.state.timers import Timer

_FAILED = "response_failed"


def start_response(conversation: ConversationState, event: ResponseStarted, now: float) -> list[Action]:
    """Wait for the response's audio; the model's own answer gives way to a greeting that is still to come."""
    started = note_response(conversation, event, now)
    running = conversation.response_slot.running
    is_own = running is not None and running.request is None and not conversation.playback.is_muted(running.response_id)
    if is_own and not conversation.disclosure.has_greeted:
        return started + greet(conversation, now)
    return started


def note_response(conversation: ConversationState, event: ResponseStarted, now: float) -> list[Action]:
    """Wait for the response's audio. One before it whose end was not told ends now."""
    ended = _mark_end(conversation, now) if conversation.response_slot.is_speaking else []
    conversation.timers.stop(Timer.TURN)
    if not conversation.timers.is_set(Timer.FIRST_AUDIO):
        conversation.expect_audio(now)
    conversation.note_life(now)
    return ended + conversation.response_slot.started(event.response_id)


def note_audio(conversation: ConversationState, event: AudioBegan, now: float) -> list[Action]:
    """Note that the agent is about to be heard."""
    _note_voice(conversation, event, now)
    if conversation.response_slot.is_speaking:
        conversation.expect_no_audio()
    return []


def note_audio_in_goodbye(conversation: ConversationState, event: AudioBegan, now: float) -> list[Action]:
    """Note the goodbye's audio, whose end is the end of the call; other audio does not stand for it."""
    if _note_voice(conversation, event, now) is Purpose.GOODBYE:
        conversation.expect_no_audio()
        conversation.closing.goodbye_began()
    return []


def note_words(conversation: ConversationState, event: AgentSpoke, _now: float) -> list[Action]:
    """Notice the agent's promise to wait: then the customer has longer before we ask again."""
    if conversation.language.lines.wait.casefold() in event.text.casefold():
        conversation.turn_taking.agent_promised_to_wait()
    return []


def request_again(conversation: ConversationState, _: ResponseRefused, _now: float) -> list[Action]:
    """Ask again when the response that is in the way has ended."""
    return conversation.response_slot.refused()


def finish_response(conversation: ConversationState, event: ResponseDone, now: float) -> list[Action]:
    """Mark the end of the response's audio and act on its tool calls; a failed response is a lost session."""
    if event.status is ResponseStatus.FAILED:
        return lose_session(conversation, event.reason or _FAILED, now)
    return _finish(conversation, event, now)


def finish_response_before_beep(conversation: ConversationState, event: ResponseDone, now: float) -> list[Action]:
    """Mark the end of the response's audio and act on its tool calls; a failed response is a session to do without."""
    if event.status is ResponseStatus.FAILED:
        conversation.model_health.lost(event.reason or _FAILED)
        forget_session(conversation)
        return []
    return _finish(conversation, event, now)


def finish_response_in_goodbye(conversation: ConversationState, event: ResponseDone, now: float) -> list[Action]:
    """Act on the response's tool calls; the stored goodbye replaces one that failed or had no sound."""
    if event.status is ResponseStatus.FAILED:
        return lose_session_in_goodbye(conversation, event.reason or _FAILED, now)
    return _finish(conversation, event, now)


def _note_voice(conversation: ConversationState, event: AudioBegan, now: float) -> Purpose | None:
    """Note whose audio it is; the greeting's, or that of an answer that owes it, holds the disclosure. Returns its purpose."""
    running, item_id = conversation.response_slot.audio_began(event.response_id), event.item_id
    purpose = running.purpose if running is not None else None
    if conversation.response_slot.is_speaking:
        conversation.expect_end(now)
    else:  # nobody will tell the end of audio that belongs to no response
        conversation.expect_heard(now)
    conversation.turn_taking.agent_started(now)
    if purpose is not Purpose.NUDGE:
        conversation.silence.end()
    if purpose is Purpose.GREETING:
        conversation.disclosure.greeting_began(item_id)
    elif purpose is not Purpose.NUDGE:  # its words are ours, and do not say who calls
        conversation.disclosure.answer_began(item_id)
    return purpose


def note_call(conversation: ConversationState, event: ToolCallFinished, now: float) -> list[Action]:
    """Keep a complete call until its response ends, which is not waited for long."""
    if conversation.response_slot.call_finished(event.response_id, event.call):
        conversation.expect_end(now)
    return []


def end_overdue_response(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take a response for over whose call is complete, or whose audio was played to its end, a while ago: its end is lost."""
    running = conversation.response_slot.running
    if running is None or not (running.has_audio or running.calls):
        return []
    if conversation.playback.ends_at + conversation.plan.timing.response_end_s > now:
        conversation.expect_end(now)
        return []
    if running.calls and not conversation.playback.is_muted(running.response_id):
        return _finish(conversation, ResponseDone(running.response_id, ResponseStatus.COMPLETED), now)
    ended = _mark_end(conversation, now) + conversation.response_slot.abandon()
    conversation.turn_taking.agent_stopped(waits_for_answer=False)  # it may have called a tool
    conversation.expect_released(now)
    return ended + _note_heard(conversation)


def _finish(conversation: ConversationState, event: ResponseDone, now: float) -> list[Action]:
    slot = conversation.response_slot
    was_finished = slot.is_finished(event.response_id)
    running = slot.finished(event.response_id)
    if running is None:
        released = slot.done(event.response_id)
        conversation.expect_released(now)
        return released + ([] if was_finished else _act_on_calls(conversation, event, now, has_spoken=False))
    event = _with_calls(event, running)
    conversation.timers.stop(Timer.RESPONSE_END)
    is_muted = conversation.playback.is_muted(running.response_id)
    has_spoken = running.has_audio and not is_muted
    actions = _mark_end(conversation, now) if has_spoken else []
    actions += slot.done(running.response_id)
    conversation.expect_released(now)
    is_silent = not running.has_audio and (not is_muted or (slot.is_idle and lacks_goodbye(conversation, running)))
    if is_silent and not (event.tool_calls or event.void_calls):
        return actions + replace_silent_response(conversation, running, now)
    if slot.is_idle and (conversation.state is not State.CLOSING or running.purpose is Purpose.GOODBYE):
        conversation.expect_no_audio()
    asks = has_spoken and event.status is ResponseStatus.COMPLETED and not (event.tool_calls or running.calls)
    conversation.turn_taking.agent_stopped(waits_for_answer=asks)
    actions += _act_on_calls(conversation, event, now, has_spoken=has_spoken)
    if is_silent and lacks_goodbye(conversation, running):
        return actions + say_stored_goodbye(conversation, now)
    return actions + _note_heard(conversation)


def _with_calls(event: ResponseDone, running: RunningResponse) -> ResponseDone:
    """Return the end of the response with the calls that were told before, if it repeats none."""
    if event.status is ResponseStatus.COMPLETED:
        return replace(event, tool_calls=event.tool_calls or running.calls)
    return replace(event, void_calls=event.void_calls or tuple(call for call in running.calls if call.call_id))


def _act_on_calls(conversation: ConversationState, event: ResponseDone, now: float, *, has_spoken: bool) -> list[Action]:
    """Act on the calls of a completed response; those of any other are answered, so that the model makes them again."""
    if event.status is not ResponseStatus.COMPLETED:
        return refuse_void_calls(conversation, event.void_calls, now)
    if conversation.state is State.CLOSING:
        return act_on_calls_in_goodbye(conversation, event.tool_calls, now)
    return act_on_calls(conversation, event.tool_calls, now, has_spoken=has_spoken)


def _mark_end(conversation: ConversationState, now: float) -> list[Action]:
    """Set a mark behind all audio that was sent, if it has not been heard yet."""
    if conversation.playback.is_drained:
        return []
    conversation.expect_heard(now)
    return [SendMark(conversation.playback.next_mark())]


def _note_heard(conversation: ConversationState) -> list[Action]:
    """Note what has been heard; after the last words that ends the call."""
    return (end_if_last_words_heard if conversation.state is State.CLOSING else note_heard)(conversation)
