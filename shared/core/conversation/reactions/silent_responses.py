"""What is done about a response that ended with neither a sound nor a tool call: the customer must not wait in vain for it."""

from dataclasses import replace
from typing import Final

from shared.core.conversation.actions import Action, Respond, TellModel
from shared.core.conversation.reactions.goodbyes import say_goodbye, say_stored_goodbye
from shared.core.conversation.reactions.session_loss import play_keypad_prompt
from shared.core.conversation.reactions.speech import remind_of_disclosure
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest, RunningResponse

_ALOUD: Final = Respond("Your last answer had no sound. Answer what the customer said last, aloud, in one or two short sentences.")
_HEARD_PROMPT: Final = 'Your answer had no sound. The customer heard a recorded prompt in its place: "{keypad}"'


def replace_silent_response(conversation: ConversationState, running: RunningResponse, now: float) -> list[Action]:
    """Ask for the response once more; if that one is silent too, play a stored prompt. A goodbye is a stored one at once.

    Nothing is owed to a customer who speaks, or if another response has been requested by now.
    """
    if conversation.state is State.CLOSING:
        return say_stored_goodbye(conversation, now) if lacks_goodbye(conversation, running) else []
    is_owed = conversation.state is State.TALKING and not conversation.turn_taking.is_customer_speaking
    if not is_owed or not conversation.response_slot.is_idle:
        return []
    request = running.request or ResponseRequest(Purpose.ANSWER, _ALOUD)
    if request.is_second:
        return _say_stored(conversation, request, now)
    reminder = [remind_of_disclosure(conversation)] if conversation.disclosure.is_owed else []
    return reminder + conversation.request_again(replace(request, is_second=True), now)


def lacks_goodbye(conversation: ConversationState, running: RunningResponse) -> bool:
    """Tell whether the model was asked for the goodbye and made no sound."""
    return conversation.state is State.CLOSING and running.purpose is Purpose.GOODBYE and not running.has_audio


def _say_stored(conversation: ConversationState, request: ResponseRequest, now: float) -> list[Action]:
    """Play the stored prompt that says what the call is about and which keys decide; after a decision take leave."""
    conversation.expect_no_audio()
    if conversation.closing.is_decided or conversation.closing.is_interrupted:
        return say_goodbye(conversation, now)
    if request.purpose is not Purpose.NUDGE:
        conversation.silence.end()
    conversation.turn_taking.agent_started(now)
    conversation.turn_taking.agent_stopped(waits_for_answer=True)
    conversation.disclosure.greeting_replaced()
    heard = TellModel(_HEARD_PROMPT.format(keypad=conversation.language.lines.keypad))
    return [heard, play_keypad_prompt(conversation, now)]
