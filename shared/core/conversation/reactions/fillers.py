"""What the customer hears while the model thinks: at the first limit a filler, after which the answer is still heard."""

from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import Action
from shared.core.conversation.events import ItemBegan
from shared.core.conversation.state.conversation_state import ConversationState
from shared.core.conversation.state.timers import Timer


def play_filler(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Say that the answer takes a moment. An answer that begins meanwhile waits for the end of these words.

    A machine that records our message hears none of it.
    """
    if conversation.playback.unheard_items(now):
        conversation.fill_after_playback(now)
        return []
    if conversation.closing.conclusion is Conclusion.MACHINE:
        return []
    return [conversation.play_filler(now)]


def note_life(conversation: ConversationState, _: ItemBegan, now: float) -> list[Action]:
    """Note that the model is working on its response, which is not given up at this moment."""
    conversation.note_life(now)
    return []
