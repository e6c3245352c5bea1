"""How leave is taken: a decision is recorded, the goodbye that fits it is spoken, and the conversation ends."""

from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import Action, DropModel, RecordVerdict, Say
from shared.core.conversation.events import CallerLegEnded, OrderWithdrawn
from shared.core.conversation.reactions.language_switch import switch_language
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel


def record_decision(conversation: ConversationState, report: OutcomeReport, channel: Channel, now: float) -> list[Action]:
    """Record a person's decision and take leave, in the language of the decision; a newer decision replaces an older one.

    A key that was pressed before the disclosure was heard decides together with it: the disclosure is said first, and the
    decision, or a newer one that replaces it, is recorded when that was heard.
    """
    switched = switch_language(conversation, report.spoken_language)
    closing, decision, lines = conversation.closing, RecordVerdict(report, channel), conversation.language.lines
    must_wait = channel is Channel.KEYPAD or closing.withheld is not None
    if must_wait and not conversation.disclosure.is_heard:
        closing.decided_undisclosed(decision, lines)
        return [*switched, *say_goodbye(conversation, now)]
    closing.decided(report.kind, lines)
    return [*switched, decision, *say_goodbye(conversation, now)]


def say_goodbye(conversation: ConversationState, now: float) -> list[Action]:
    """Say the goodbye that fits, after the disclosure if a decision waits for it; when it has been heard, the call ends."""
    conversation.enter(State.CLOSING)
    conversation.closing.goodbye_asked_for()
    conversation.timers.stop(Timer.SILENCE, Timer.TURN, Timer.KEY, Timer.STUCK_SPEECH, Timer.MODEL_READY, Timer.BEEP)
    if conversation.response_slot.has_session:
        disclosed = _disclose(conversation, now)
        return disclosed + conversation.request(ResponseRequest(Purpose.GOODBYE, Say(conversation.closing.goodbye)), now)
    return say_stored_goodbye(conversation, now)


def say_stored_goodbye(conversation: ConversationState, now: float) -> list[Action]:
    """Play the stored goodbye, after the disclosure if a decision waits for it: the model can't say it."""
    conversation.expect_no_audio()
    conversation.response_slot.session_lost()
    conversation.closing.stored_goodbye_began()
    disclosed = _disclose(conversation, now)
    return [DropModel(), *disclosed, conversation.play(conversation.closing.stored_goodbye, now)]


def give_up(conversation: ConversationState, reason: str, now: float) -> list[Action]:
    """Take leave of a person who did not decide (what was decided before stands)."""
    conversation.closing.given_up(reason)
    return say_goodbye(conversation, now)


def end_longest_call(conversation: ConversationState, _: Timer, now: float) -> list[Action]:
    """Take leave because the call has lasted as long as it may; nobody can interrupt that."""
    conversation.closing.time_ran_out()
    return conversation.response_slot.cancel_all(now) + give_up(conversation, "time_limit", now)


def withdraw(conversation: ConversationState, _: OrderWithdrawn, now: float) -> list[Action]:
    """Take a neutral leave of the customer whose order the shop took back; a decision made before stands."""
    closing = conversation.closing
    if closing.is_final or closing.is_firmly_decided:
        return []
    closing.withdrawn(conversation.language.lines)
    cancelled = conversation.response_slot.cancel_all(now)
    goodbye = say_goodbye(conversation, now)
    if conversation.timers.is_set(Timer.FIRST_AUDIO):
        conversation.expect_no_audio()
        conversation.timers.set(Timer.FIRST_AUDIO, now + conversation.plan.timing.withdrawn_audio_s)
    return cancelled + goodbye


def hang_up(conversation: ConversationState, event: CallerLegEnded, _now: float) -> list[Action]:
    """End the conversation."""
    return end(conversation, cut_off_by=event.reason)


def end(conversation: ConversationState, cut_off_by: str | None = None) -> list[Action]:
    """End the conversation; `cut_off_by` is the reason if it did not come to its own end."""
    is_without_model = not conversation.response_slot.has_session and conversation.state is not State.CLOSING
    conversation.enter(State.ENDED)
    conversation.timers.clear()
    return [conversation.closing.end(cut_off_by, fallback=Conclusion.ERROR if is_without_model else Conclusion.UNDECIDED)]


def _disclose(conversation: ConversationState, now: float) -> list[Action]:
    """Play the stored disclosure if a decision waits for it, unless it is being played."""
    if conversation.closing.withheld is None or conversation.disclosure.is_underway(conversation.playback):
        return []
    prompt = conversation.play("disclosure", now)
    conversation.disclosure.prompt_began(prompt.item_id)
    return [prompt]
