"""What is said into the customer's silence: a question, the keypad, and at last a goodbye."""

from typing import Final

from shared.core.conversation.actions import Action, Say
from shared.core.conversation.reactions.goodbyes import give_up, say_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.state.conversation_state import ConversationState
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer

_DECIDED_SILENCE_S: Final = 3.0  # a word of somebody who has decided and interrupted the goodbye is not waited for longer


def watch_silence(conversation: ConversationState, now: float) -> None:
    """Wait for the customer's word while nobody speaks, and for nothing of the kind while somebody does."""
    timers = conversation.timers
    if not conversation.is_quiet:
        timers.stop(Timer.SILENCE)
    elif not timers.is_set(Timer.SILENCE):
        began = conversation.silence.begin(now)
        timers.set(Timer.SILENCE, max(began + _patience_s(conversation), now + conversation.plan.timing.after_prompt_s))


def break_silence(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Speak the next prompt into the silence; after the last one, or after a decision, take leave. Greet first."""
    if conversation.closing.is_decided or conversation.closing.is_interrupted:
        return say_goodbye(conversation, now)
    if not conversation.disclosure.has_greeted:
        return greet(conversation, now)
    lines = conversation.language.lines
    match conversation.silence.prompted():
        case 1:
            return conversation.request(ResponseRequest(Purpose.NUDGE, Say(lines.not_heard)), now)
        case 2:
            return conversation.request(ResponseRequest(Purpose.NUDGE, Say(lines.keypad)), now)
        case _:
            return give_up(conversation, "silence", now)


def _patience_s(conversation: ConversationState) -> float:
    """Return how long after its beginning the silence is broken; each prompt into it is counted from the same beginning."""
    timing, prompts = conversation.plan.timing, conversation.silence.prompts
    if conversation.closing.is_decided:
        return _DECIDED_SILENCE_S
    if conversation.turn_taking.has_promised_to_wait:
        return timing.wait_s + timing.silence_s[prompts] - timing.silence_s[0]
    return timing.silence_s[prompts]
