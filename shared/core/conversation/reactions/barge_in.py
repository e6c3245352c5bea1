"""What is done about a sound of the customer's while the agent is heard and the server does not decide about it."""

from typing import Final

from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.timers import Timer

_MOST_CUTS_UNDISCLOSED: Final = 2  # who calls is said again, and at the third time it is heard


def must_be_judged(conversation: ConversationState) -> bool:
    """Tell whether a sound that begins now interrupts only if it lasts: the agent is heard, or about to be, and is guarded."""
    is_busy = not (conversation.playback.is_drained and conversation.response_slot.is_idle)
    return conversation.turn_taking.barge_in.is_guarded and is_busy


def judge_sound(conversation: ConversationState, now: float) -> None:
    """Wait whether the sound lasts; the agent goes on speaking."""
    barge_in = conversation.turn_taking.barge_in
    barge_in.sound_began(now)
    conversation.turn_taking.sound_began()
    most_cuts = None if conversation.disclosure.is_heard else _MOST_CUTS_UNDISCLOSED
    if not barge_in.is_deferred(most_cuts=most_cuts):
        conversation.timers.set(Timer.BARGE_IN, now + conversation.plan.timing.barge_in_s)


def watch_barge_in(conversation: ConversationState, now: float) -> None:
    """Note what has been heard, count a deferred sound from then on, and decide who judges the next one.

    The server judges by itself in the talk. The machine does during the greeting and the last words, and while it is noisy.
    """
    barge_in, timers = conversation.turn_taking.barge_in, conversation.timers
    is_to_come = conversation.response_slot.is_speaking or timers.is_set(Timer.HEARD)
    if conversation.playback.is_drained and not is_to_come:
        barge_in.voice_heard()
        if barge_in.judged_since is not None and not timers.is_set(Timer.BARGE_IN):
            timers.set(Timer.BARGE_IN, now + conversation.plan.timing.barge_in_s)
    is_guarded = conversation.state is State.CLOSING or not conversation.disclosure.is_heard or barge_in.is_noisy
    if is_guarded or not conversation.turn_taking.is_customer_speaking:  # whose turn the server did not begin, it does not answer
        barge_in.guarded(is_guarded=is_guarded)
