"""When a goodbye counts as heard to its end: its mark came back, or the wait for the mark is over. Then the call ends."""

from shared.core.conversation.actions import Action
from shared.core.conversation.events import MarkEchoed
from shared.core.conversation.reactions.goodbyes import end
from shared.core.conversation.reactions.playback_heard import note_heard
from shared.core.conversation.state.conversation_state import ConversationState
from shared.core.conversation.state.timers import Timer


def note_mark_in_goodbye(conversation: ConversationState, event: MarkEchoed, now: float) -> list[Action]:
    """Note how much has been heard; after the last words end the call."""
    conversation.playback.echo(event.name, now)
    return end_if_last_words_heard(conversation)


def assume_goodbye_heard(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take the last words for heard and end the call."""
    conversation.playback.assume_heard(now)
    return end_if_last_words_heard(conversation)


def end_if_last_words_heard(conversation: ConversationState) -> list[Action]:
    """Note what has been heard, and end the call if all of its last words have been heard and no response is running."""
    recorded = note_heard(conversation)
    is_over = conversation.playback.is_drained and conversation.closing.has_last_words
    if not is_over or conversation.response_slot.running is not None:
        return recorded
    return recorded + end(conversation)
