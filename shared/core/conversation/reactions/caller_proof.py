"""What a caller without proof can do: prove to know the order, by key or by voice, or ask to be called back."""

from typing import Final

from shared.core import keypad
from shared.core.conversation.actions import Action, RecordProof, RecordWrongProof, Say
from shared.core.conversation.reactions.goodbyes import give_up, record_decision
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.reactions.session_loss import play_keypad_prompt
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel, VerdictKind

_BEGIN_ANEW_KEY: Final = "#"
_REFUSED: Final = "proof_refused"


def take_proof_key(conversation: ConversationState, digit: str, now: float) -> list[Action]:
    """Take one of the keys that prove the order, or the key that asks for a call back; the agent falls silent for it."""
    if conversation.state is State.CLOSING:
        if not conversation.response_slot.has_session:
            return []
        conversation.enter(State.TALKING)
        conversation.closing.interrupted()
    cancelled = conversation.response_slot.cancel_all(now)
    conversation.silence.end()
    _wait_for_key(conversation, now)
    if digit == keypad.CALL_BACK:
        return cancelled + request_call_back(conversation, Channel.KEYPAD, now)
    if digit == _BEGIN_ANEW_KEY:
        conversation.callee.proof.keys_forgotten()
        return cancelled
    if conversation.callee.proof.is_refused:
        return cancelled + _say_refused(conversation, now)
    is_right = conversation.callee.proof.keyed(digit)
    return cancelled if is_right is None else cancelled + act_on_proof(conversation, now)


def act_on_proof(conversation: ConversationState, now: float) -> list[Action]:
    """Tell a caller who has just offered a proof what was ordered, or that it was wrong."""
    if conversation.callee.proof.is_missing:
        return [RecordWrongProof(conversation.callee.proof.failures), *_say_failed(conversation, now)]
    conversation.language.proven()
    proven: list[Action] = [RecordProof(), *conversation.callee.seems_person()]
    match conversation.state:
        case State.TALKING:
            return proven + _say_order(conversation, now)
        case State.KEYPAD:
            conversation.timers.stop(Timer.KEY)
            return [*proven, play_keypad_prompt(conversation, now)]
        case _:
            return proven  # the session that is being opened greets the caller with it


def request_call_back(conversation: ConversationState, channel: Channel, now: float) -> list[Action]:
    """Have the customer called back at once at the number that the shop gave, and take leave."""
    if not conversation.callee.proof.may_call_back:
        return []
    return record_decision(conversation, OutcomeReport(kind=VerdictKind.CALLBACK_REQUESTED), channel, now)


def _say_order(conversation: ConversationState, now: float) -> list[Action]:
    disclosure, lines = conversation.disclosure, conversation.language.lines
    if not disclosure.has_greeted:
        return greet(conversation, now)
    words = lines.proven
    if not disclosure.is_heard:  # it was cut off by a key: the caller must hear it before a decision counts
        disclosure.cut_off()
        words = f"{lines.disclosure} {words}"
    return conversation.request(ResponseRequest(Purpose.ANSWER, Say(words)), now)


def _say_failed(conversation: ConversationState, now: float) -> list[Action]:
    if conversation.callee.proof.is_refused:
        return _say_refused(conversation, now)
    unproven = conversation.language.unproven
    return _say(conversation, unproven.failed if unproven is not None else "", now)


def _say_refused(conversation: ConversationState, now: float) -> list[Action]:
    """Tell that nothing more can be tried; without a call back to offer, or without the model, the call ends."""
    if conversation.state is State.KEYPAD or not conversation.callee.proof.may_call_back:
        return give_up(conversation, _REFUSED, now)
    unproven = conversation.language.unproven
    return _say(conversation, unproven.refused if unproven is not None else "", now)


def _say(conversation: ConversationState, words: str, now: float) -> list[Action]:
    match conversation.state:
        case State.TALKING:
            return conversation.request(ResponseRequest(Purpose.NUDGE, Say(words)), now)
        case State.KEYPAD:
            conversation.timers.stop(Timer.KEY)
            return [play_keypad_prompt(conversation, now)]
        case _:
            return []  # nobody can say it yet: the greeting asks for the proof


def _wait_for_key(conversation: ConversationState, now: float) -> None:
    if conversation.timers.is_set(Timer.KEY):
        conversation.timers.set(Timer.KEY, now + conversation.plan.timing.key_s)
