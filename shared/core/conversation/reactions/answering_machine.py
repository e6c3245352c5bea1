"""What is done about an answering machine: the call ends, or the shop's message is left after the beep."""

from shared.core.conversation.actions import Action, RecordVerdict
from shared.core.conversation.events import CalleeIsMachine, CalleeIsPerson
from shared.core.conversation.reactions.goodbyes import end, say_goodbye
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.tools import OutcomeReport
from shared.core.order import OnMachine
from shared.core.outcome import Channel


def note_person(conversation: ConversationState, _: CalleeIsPerson, _now: float) -> list[Action]:
    """Let the model know what was ordered."""
    return conversation.callee.seems_person()


def detect_machine(conversation: ConversationState, event: CalleeIsMachine, now: float) -> list[Action]:
    """End the call at once, or leave the shop's message if the beep has come. A person's decision that is recorded stands."""
    closing = conversation.closing
    if closing.recorded is not None or closing.is_final:
        return []
    closing.machine_detected()
    cancelled = conversation.response_slot.cancel_all(now)
    if conversation.plan.on_machine is OnMachine.LEAVE_MESSAGE and event.is_after_beep:
        closing.message_left(conversation.language.lines)
        return cancelled + say_goodbye(conversation, now)
    return cancelled + end(conversation)


def report_machine(conversation: ConversationState, report: OutcomeReport, now: float) -> list[Action]:
    """Take the model's word for a machine; for a message, Twilio must still tell when the beep has come."""
    conversation.closing.machine_reported()
    record: list[Action] = [RecordVerdict(report, Channel.VOICE)]
    if conversation.plan.on_machine is OnMachine.LEAVE_MESSAGE:
        conversation.enter(State.MACHINE)
        conversation.timers.set(Timer.BEEP, now + conversation.plan.timing.beep_s)
        return record
    return record + end(conversation)


def end_without_beep(conversation: ConversationState, _: Timer, _now: float) -> list[Action]:
    """End the call: no beep came, so that no message can be left."""
    return end(conversation)
