"""What a key of the phone does: three decide, at any moment of the call, and one asks to hear it again."""

from collections.abc import Callable

from shared.core import keypad
from shared.core.conversation.actions import Action, Say, TellModel
from shared.core.conversation.events import KeyPressed
from shared.core.conversation.reactions.caller_proof import take_proof_key
from shared.core.conversation.reactions.goodbyes import record_decision, say_goodbye
from shared.core.conversation.reactions.session_loss import play_keypad_prompt
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel

Repeat = Callable[[ConversationState, float], list[Action]]


def take_early_key(conversation: ConversationState, event: KeyPressed, now: float) -> list[Action]:
    """Take a key while no session stands: there is nobody to repeat anything."""
    return _take(conversation, event.digit, now, repeat=_repeat_nothing)


def take_key(conversation: ConversationState, event: KeyPressed, now: float) -> list[Action]:
    """Take a key in the talk; key 9 has the model say what the call is about, and the keys."""
    return _take(conversation, event.digit, now, repeat=_repeat_order)


def take_key_on_keypad(conversation: ConversationState, event: KeyPressed, now: float) -> list[Action]:
    """Take a key with the model away; key 9 plays the keypad prompt again."""
    return _take(conversation, event.digit, now, repeat=_repeat_prompt)


def take_key_in_goodbye(conversation: ConversationState, event: KeyPressed, now: float) -> list[Action]:
    """Take a key during the goodbye, which a newer decision replaces; key 9 leads back to the talk. Final words go on.

    Without a session there is no talk to lead back to; a decision that waits for the disclosure still gets it.
    """
    if conversation.closing.is_final:
        return []
    return _take(conversation, event.digit, now, repeat=_return_to_order)


def _take(conversation: ConversationState, digit: str, now: float, *, repeat: Repeat) -> list[Action]:
    if conversation.callee.proof.is_missing:
        return take_proof_key(conversation, digit, now)
    if digit == keypad.REPEAT:
        conversation.turn_taking.customer_pressed_key(now)
        cancelled = conversation.response_slot.cancel_all(now)
        conversation.silence.end()
        return cancelled + repeat(conversation, now)
    kind = keypad.VERDICTS.get(digit)
    if kind is None:
        return []
    conversation.turn_taking.customer_pressed_key(now)
    cancelled = conversation.response_slot.cancel_all(now)
    if conversation.response_slot.has_session:
        cancelled.append(TellModel(f"The customer pressed key {digit}: {kind.value}."))
    return cancelled + record_decision(conversation, OutcomeReport(kind=kind), Channel.KEYPAD, now)


def _repeat_nothing(_conversation: ConversationState, _now: float) -> list[Action]:
    return []


def _repeat_order(conversation: ConversationState, now: float) -> list[Action]:
    return conversation.request(ResponseRequest(Purpose.ANSWER, Say(conversation.language.lines.repeat)), now)


def _repeat_prompt(conversation: ConversationState, now: float) -> list[Action]:
    conversation.timers.stop(Timer.KEY)
    return [play_keypad_prompt(conversation, now)]


def _return_to_order(conversation: ConversationState, now: float) -> list[Action]:
    if not conversation.response_slot.has_session:
        return say_goodbye(conversation, now) if conversation.closing.withheld is not None else []
    conversation.enter(State.TALKING)
    conversation.closing.interrupted()
    return _repeat_order(conversation, now)
