"""What a response of the model does: it starts, its audio begins, its words are known, and it ends."""

from shared.core.conversation.actions import Action, SendMark
from shared.core.conversation.events import AgentSpoke, AudioBegan, ResponseDone, ResponseRefused, ResponseStarted, ResponseStatus
from shared.core.conversation.reactions.goodbye_heard import end_if_last_words_heard
from shared.core.conversation.reactions.goodbyes import say_stored_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.reactions.playback_heard import note_heard
from shared.core.conversation.reactions.session_loss import forget_session, lose_session, lose_session_in_goodbye
from shared.core.conversation.reactions.tool_calls import act_on_calls, act_on_calls_in_goodbye
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, RunningResponse
from shared.core.conversation.state.timers import Timer

_FAILED = "response_failed"


def start_response(conversation: ConversationState, event: ResponseStarted, now: float) -> list[Action]:
    """Wait for the response's audio; the model's own answer gives way to a greeting that is still to come."""
    cancelled = note_response(conversation, event, now)
    running = conversation.response_slot.running
    is_own = running is not None and running.request is None
    if is_own and not cancelled and not conversation.disclosure.has_greeted:
        return greet(conversation, now)
    return cancelled


def note_response(conversation: ConversationState, event: ResponseStarted, now: float) -> list[Action]:
    """Wait for the response's audio."""
    conversation.timers.stop(Timer.TURN)
    if not conversation.timers.is_set(Timer.FIRST_AUDIO):
        conversation.expect_audio(now)
    conversation.note_life(now)
    return conversation.response_slot.started(event.response_id)


def note_audio(conversation: ConversationState, event: AudioBegan, now: float) -> list[Action]:
    """Note that the agent is about to be heard."""
    _note_voice(conversation, event.item_id, now)
    conversation.expect_no_audio()
    return []


def note_audio_in_goodbye(conversation: ConversationState, event: AudioBegan, now: float) -> list[Action]:
    """Note the goodbye's audio, whose end is the end of the call; other audio does not stand for it."""
    if _note_voice(conversation, event.item_id, now) is Purpose.GOODBYE:
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


def _note_voice(conversation: ConversationState, item_id: str, now: float) -> Purpose | None:
    """Note whose audio it is; the greeting's, or that of an answer that owes it, holds the disclosure. Returns its purpose."""
    running = conversation.response_slot.audio_began()
    purpose = running.purpose if running is not None else None
    conversation.turn_taking.agent_started(now)
    if purpose is not Purpose.NUDGE:
        conversation.silence.end()
    if purpose is Purpose.GREETING:
        conversation.disclosure.greeting_began(item_id)
    elif purpose is not Purpose.NUDGE:  # its words are ours, and do not say who calls
        conversation.disclosure.answer_began(item_id)
    return purpose


def _finish(conversation: ConversationState, event: ResponseDone, now: float) -> list[Action]:
    slot = conversation.response_slot
    running = slot.running
    if running is None or running.response_id != event.response_id:
        return slot.done(event.response_id)
    if conversation.state is not State.CLOSING or running.purpose is Purpose.GOODBYE:
        conversation.expect_no_audio()
    has_spoken = running.has_audio and not conversation.playback.is_muted(event.response_id)
    actions: list[Action] = []
    if has_spoken and not conversation.playback.is_drained:
        actions.append(SendMark(conversation.playback.next_mark()))
        conversation.expect_heard(now)
    actions += slot.done(event.response_id)
    is_complete = event.status is ResponseStatus.COMPLETED
    conversation.turn_taking.agent_stopped(waits_for_answer=is_complete and not event.tool_calls)
    if is_complete:
        if conversation.state is State.CLOSING:
            actions += act_on_calls_in_goodbye(conversation, event.tool_calls, now)
        else:
            actions += act_on_calls(conversation, event.tool_calls, now, has_spoken=has_spoken)
        if _lacks_goodbye(conversation, running):
            return actions + say_stored_goodbye(conversation, now)
    return actions + (end_if_last_words_heard if conversation.state is State.CLOSING else note_heard)(conversation)


def _lacks_goodbye(conversation: ConversationState, running: RunningResponse) -> bool:
    """Tell whether the model was asked for the goodbye and made no sound."""
    return conversation.state is State.CLOSING and running.purpose is Purpose.GOODBYE and not running.has_audio
