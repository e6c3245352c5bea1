"""What the customer's speech does: the agent falls silent and listens, and then waits for the model's answer."""

from typing import Final

from shared.core.conversation.actions import Action, Respond, Say, TellModel
from shared.core.conversation.events import SpeechStarted, SpeechStopped
from shared.core.conversation.reactions.goodbyes import say_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer

_GO_ON: Final = Respond("The customer made a sound but said nothing. Go on where you were, in one short sentence.")
_REMINDER: Final = "The customer was speaking and did not hear who calls. Begin your next answer with: «{disclosure}»"


def listen(conversation: ConversationState, _: SpeechStarted, now: float) -> list[Action]:
    """Fall silent at once and listen."""
    timing, has_greeted = conversation.plan.timing, conversation.disclosure.has_greeted
    conversation.turn_taking.customer_started(now)
    conversation.silence.end()
    conversation.expect_no_audio()
    conversation.timers.stop(Timer.TURN, Timer.HEARD)
    conversation.timers.set(Timer.STUCK_SPEECH, now + (timing.stuck_speech_s if has_greeted else timing.ungreeted_speech_s))
    silenced = conversation.response_slot.interrupt(now)
    if silenced and conversation.disclosure.cut_off():
        silenced.append(remind_of_disclosure(conversation))
    return silenced + conversation.callee.seems_person() if has_greeted else silenced


def remind_of_disclosure(conversation: ConversationState) -> Action:
    """Have the model begin its next answer by saying who calls."""
    return TellModel(_REMINDER.format(disclosure=conversation.language.lines.disclosure))


def listen_in_goodbye(conversation: ConversationState, event: SpeechStarted, now: float) -> list[Action]:
    """Hear the customer out, unless these are last words that nobody may interrupt."""
    if not conversation.closing.may_be_interrupted or not conversation.response_slot.has_session:
        return []
    conversation.enter(State.TALKING)
    conversation.closing.interrupted()
    return listen(conversation, event, now)


def await_answer(conversation: ConversationState, event: SpeechStopped, now: float) -> list[Action]:
    """Wait for the model's answer."""
    note_end_of_speech(conversation, event, now)
    conversation.timers.set(Timer.TURN, now + conversation.plan.timing.turn_s)
    return []


def note_end_of_speech(conversation: ConversationState, _: SpeechStopped, now: float) -> list[Action]:
    """Note that the customer fell silent, to whom no answer is due in this state."""
    conversation.turn_taking.customer_stopped(now)
    conversation.timers.stop(Timer.STUCK_SPEECH)
    return []


def go_on_without_answer(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take the talk up again after a sound to which the model had no answer."""
    if conversation.closing.is_interrupted:
        return say_goodbye(conversation, now)
    if not conversation.disclosure.has_greeted:
        return greet(conversation, now)
    return conversation.request(ResponseRequest(Purpose.ANSWER, _GO_ON), now)


def speak_into_noise(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Offer the keypad if the line is never quiet: what the model takes for speech may be a street. Greet first."""
    conversation.turn_taking.speech_given_up()
    if not conversation.disclosure.has_greeted:
        return greet(conversation, now)
    return conversation.request(ResponseRequest(Purpose.NUDGE, Say(conversation.language.lines.keypad)), now)
