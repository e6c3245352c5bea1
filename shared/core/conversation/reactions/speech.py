"""What the customer's speech does: the agent falls silent and listens, and then waits for the model's answer."""

from typing import Final

from shared.core.conversation.actions import Action, Respond, Say, TellModel
from shared.core.conversation.events import SpeechStarted, SpeechStopped
from shared.core.conversation.reactions.barge_in import judge_sound, must_be_judged
from shared.core.conversation.reactions.goodbye_heard import end_if_last_words_heard
from shared.core.conversation.reactions.goodbyes import say_goodbye
from shared.core.conversation.reactions.opening import greet
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer

_GO_ON: Final = Respond("The customer made a sound but said nothing. Go on where you were, in one short sentence.")
_REMINDER: Final = "The customer was speaking and did not hear who calls. Begin your next answer with: «{disclosure}»"


def listen(conversation: ConversationState, _: SpeechStarted, now: float) -> list[Action]:
    """Fall silent at once and listen; over the greeting and in noise only if the sound lasts."""
    if not must_be_judged(conversation):
        return _fall_silent(conversation, now)
    judge_sound(conversation, now)
    return []


def remind_of_disclosure(conversation: ConversationState) -> Action:
    """Have the model begin its next answer by saying who calls."""
    return TellModel(_REMINDER.format(disclosure=conversation.language.lines.disclosure))


def listen_in_goodbye(conversation: ConversationState, _: SpeechStarted, now: float) -> list[Action]:
    """Hear the customer out who speaks up for long enough, unless these are last words that nobody may interrupt."""
    if not conversation.closing.may_be_interrupted or not conversation.response_slot.has_session:
        return []
    judge_sound(conversation, now)
    return []


def give_way(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Fall silent and listen: the sound lasts. What the model still says is cancelled by us, because the server did not do it."""
    return _fall_silent(conversation, now)


def give_way_in_goodbye(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Hear the customer out: the sound lasts."""
    if not conversation.closing.may_be_interrupted or not conversation.response_slot.has_session:
        conversation.turn_taking.sound_ended()
        return end_if_last_words_heard(conversation)
    conversation.enter(State.TALKING)
    conversation.closing.interrupted()
    return _fall_silent(conversation, now)


def await_answer(conversation: ConversationState, event: SpeechStopped, now: float) -> list[Action]:
    """Wait for the model's answer; ask for it if the server does not answer by itself.

    A sound that was too short to interrupt the agent is no turn, unless it ended after the agent did.
    """
    turn_taking, timers = conversation.turn_taking, conversation.timers
    was_judged, was_speaking = turn_taking.barge_in.judged_since is not None, turn_taking.is_customer_speaking
    timers.stop(Timer.BARGE_IN, Timer.STUCK_SPEECH)
    if was_judged and must_be_judged(conversation):
        turn_taking.sound_ended()
        return []
    is_echo_likely = was_judged and turn_taking.barge_in.is_echo_likely
    if was_judged:
        turn_taking.customer_started(now)
    note_end_of_speech(conversation, event, now)
    if turn_taking.barge_in.is_guarded and not was_speaking:  # it was taken for noise: we speak already
        return []
    if not turn_taking.barge_in.is_guarded or is_echo_likely:
        timers.set(Timer.TURN, now + conversation.plan.timing.turn_s)
        return []
    if not conversation.disclosure.has_greeted:
        return greet(conversation, now)
    return conversation.callee.seems_person() + conversation.request(ResponseRequest(Purpose.ANSWER, Respond()), now)


def note_end_of_speech(conversation: ConversationState, _: SpeechStopped, now: float) -> list[Action]:
    """Note that the customer fell silent, to whom no answer is due in this state."""
    conversation.turn_taking.customer_stopped(now)
    conversation.timers.stop(Timer.STUCK_SPEECH)
    return []


def note_end_of_speech_in_goodbye(conversation: ConversationState, _: SpeechStopped, _now: float) -> list[Action]:
    """Note that the sound was too short to interrupt; if all last words have been heard meanwhile, end the call."""
    conversation.timers.stop(Timer.BARGE_IN, Timer.STUCK_SPEECH)
    conversation.turn_taking.sound_ended()
    return end_if_last_words_heard(conversation)


def _fall_silent(conversation: ConversationState, now: float) -> list[Action]:
    timing, has_greeted = conversation.plan.timing, conversation.disclosure.has_greeted
    was_guarded = conversation.turn_taking.barge_in.is_guarded
    began = conversation.turn_taking.barge_in.judged_since
    conversation.turn_taking.customer_started(now)
    conversation.silence.end()
    conversation.expect_no_audio()
    conversation.timers.stop(Timer.TURN, Timer.HEARD, Timer.BARGE_IN)
    limit_s = timing.stuck_speech_s if conversation.disclosure.is_heard else timing.ungreeted_speech_s
    conversation.timers.set(Timer.STUCK_SPEECH, (now if began is None else began) + limit_s)
    slot = conversation.response_slot
    silenced = slot.cancel_all(now) if was_guarded else slot.interrupt(now)
    if silenced and conversation.disclosure.cut_off():
        silenced.append(remind_of_disclosure(conversation))
    return silenced + conversation.callee.seems_person() if has_greeted else silenced


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
    if not conversation.disclosure.is_heard:
        return greet(conversation, now)
    return conversation.request(ResponseRequest(Purpose.NUDGE, Say(conversation.language.lines.keypad)), now)
