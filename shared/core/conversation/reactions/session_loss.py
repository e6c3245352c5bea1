"""What is done when the model's session is away: a second session is tried once, then the keypad takes over."""

from typing import Final

from shared.core.conversation.actions import Action, DropModel, ReconnectModel, Respond
from shared.core.conversation.events import ModelLost, ModelReady
from shared.core.conversation.reactions.goodbyes import say_goodbye, say_stored_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer

_NO_AUDIO: Final = "no_audio"
_CONTINUE: Final = Respond("The line broke for a moment. Do not greet again; take the talk up where it was, in one short sentence.")


def replace_session(conversation: ConversationState, event: ModelLost, now: float) -> list[Action]:
    """Open a second session; if that is lost too, or would be, offer the keypad, or take leave after a decision."""
    if event.is_fatal:
        conversation.model_health.refused()
    return lose_session(conversation, event.reason, now)


def replace_late_session(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take a session that did not come in time for lost: open a second one, after that offer the keypad."""
    return lose_session(conversation, "no_session", now)


def replace_mute_session(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take a session whose audio did not come in time for lost: open a second one, after that offer the keypad."""
    return lose_session(conversation, _NO_AUDIO, now)


def lose_session(conversation: ConversationState, reason: str, now: float) -> list[Action]:
    """Open a second session, with a word to the customer. If the second is lost, offer the keypad; after a decision take leave."""
    forget_session(conversation)
    conversation.model_health.lost(reason)
    is_on_line = conversation.callee.is_on_line
    if not conversation.model_health.has_retried:
        conversation.model_health.retried()
        if not is_on_line:
            return [ReconnectModel()]
        conversation.enter(State.RETRYING)
        conversation.timers.set(Timer.MODEL_READY, now + conversation.plan.timing.model_retry_s)
        return [ReconnectModel(), conversation.play("one_moment", now)]
    if not is_on_line:
        return []
    conversation.closing.model_failed(reason)
    if conversation.closing.is_decided or conversation.closing.is_interrupted:
        conversation.enter(State.CLOSING)
        return say_stored_goodbye(conversation, now)
    conversation.enter(State.KEYPAD)
    return [DropModel(), _offer_keypad(conversation, now)]


def take_second_session(conversation: ConversationState, _: ModelReady, now: float) -> list[Action]:
    """Take the talk up where it was, or greet if nobody has been greeted yet."""
    conversation.timers.stop(Timer.MODEL_READY)
    released = conversation.response_slot.session_ready()
    conversation.enter(State.TALKING)
    if conversation.disclosure.has_greeted:
        return released + conversation.request(ResponseRequest(Purpose.ANSWER, _CONTINUE), now)
    return released + greet(conversation, now)


def do_without_session(conversation: ConversationState, event: ModelLost | Timer, _now: float) -> list[Action]:
    """Go on without a session: nothing more is asked of the model in this state."""
    conversation.model_health.lost(event.reason if isinstance(event, ModelLost) else _NO_AUDIO)
    forget_session(conversation)
    return []


def replace_goodbye(conversation: ConversationState, event: ModelLost, now: float) -> list[Action]:
    """Play the stored goodbye, unless all of the model's goodbye has been sent."""
    return lose_session_in_goodbye(conversation, event.reason, now)


def lose_session_in_goodbye(conversation: ConversationState, reason: str, now: float) -> list[Action]:
    """Play the stored goodbye, unless all of the goodbye's audio is with Twilio, so that only its mark is missing."""
    conversation.model_health.lost(reason)
    running = conversation.response_slot.running
    is_being_said = running is not None and running.purpose is Purpose.GOODBYE
    forget_session(conversation)
    is_complete = conversation.closing.has_last_words and conversation.timers.is_set(Timer.HEARD) and not is_being_said
    return [] if is_complete else say_stored_goodbye(conversation, now)


def replace_mute_goodbye(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Play the stored goodbye: the first audio of the model's did not come in time."""
    conversation.model_health.lost(_NO_AUDIO)
    return conversation.response_slot.cancel_all(now) + say_stored_goodbye(conversation, now)


def offer_keypad_again(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Ask for a key once more; after that take leave."""
    if conversation.model_health.may_offer_keypad:
        return [_offer_keypad(conversation, now)]
    conversation.closing.no_key_pressed()
    return say_goodbye(conversation, now)


def forget_session(conversation: ConversationState) -> None:
    """Wait for nothing that only the lost session could bring."""
    conversation.response_slot.session_lost()
    conversation.turn_taking.speech_given_up()
    conversation.expect_no_audio()
    conversation.timers.stop(Timer.TURN, Timer.STUCK_SPEECH, Timer.SILENCE, Timer.MODEL_READY, Timer.RESPONSE_END)


def _offer_keypad(conversation: ConversationState, now: float) -> Action:
    conversation.model_health.keypad_offered()
    return play_keypad_prompt(conversation, now)


def play_keypad_prompt(conversation: ConversationState, now: float) -> Action:
    """Play the stored keypad prompt, at whose end the customer has heard that the call is automated.

    A caller without proof is asked for it instead.
    """
    prompt = conversation.play("prove" if conversation.callee.proof.is_missing else "keypad", now)
    conversation.disclosure.keypad_prompt_began(prompt.item_id)
    return prompt
