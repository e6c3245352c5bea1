"""What is done about audio that has been heard: the disclosure is recorded, and after the keypad prompt a key is waited for."""

from shared.core.conversation.actions import Action, RecordDisclosure
from shared.core.conversation.events import MarkEchoed, StoredPromptQueued
from shared.core.conversation.state.conversation_state import ConversationState
from shared.core.conversation.state.timers import Timer


def note_mark(conversation: ConversationState, event: MarkEchoed, now: float) -> list[Action]:
    """Note how much has been heard."""
    conversation.playback.echo(event.name, now)
    return note_heard(conversation)


def note_mark_on_keypad(conversation: ConversationState, event: MarkEchoed, now: float) -> list[Action]:
    """Note how much has been heard; after the keypad prompt wait for a key."""
    conversation.playback.echo(event.name, now)
    return _await_key(conversation, now)


def assume_heard(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take all audio for heard: the mark behind it is lost."""
    conversation.playback.assume_heard(now)
    return note_heard(conversation)


def assume_prompt_heard(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take the keypad prompt for heard and wait for a key."""
    conversation.playback.assume_heard(now)
    return _await_key(conversation, now)


def await_prompt(conversation: ConversationState, event: StoredPromptQueued, now: float) -> list[Action]:
    """Wait until the stored prompt has been heard, and for audio of the model's after it: only now is its length known."""
    conversation.expect_heard(now)
    conversation.note_prompt(event.item_id, now)
    return []


def note_heard(conversation: ConversationState) -> list[Action]:
    """Record the disclosure once it has been heard, with the decision that waited for it; wait for no mark once all is heard.

    While the model speaks the disclosure, more of it may be to come than has been sent; the stored one is sent at once.
    """
    playback, disclosure = conversation.playback, conversation.disclosure
    if playback.is_drained:
        conversation.timers.stop(Timer.HEARD)
    is_unfinished = conversation.response_slot.is_speaking and not disclosure.is_underway(playback)
    if is_unfinished or not disclosure.audio_heard(playback):
        return []
    return [RecordDisclosure(), *conversation.closing.disclosed()]


def _await_key(conversation: ConversationState, now: float) -> list[Action]:
    recorded = note_heard(conversation)
    if conversation.playback.is_drained and not conversation.timers.is_set(Timer.KEY):
        conversation.timers.set(Timer.KEY, now + conversation.plan.timing.key_s)
    return recorded
