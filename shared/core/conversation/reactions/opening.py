"""How a talk begins: somebody picks up, a session stands, and the model is asked for the greeting."""

from shared.core.conversation.actions import Action, Say
from shared.core.conversation.events import CalleeOnLine, ModelReady
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest
from shared.core.conversation.state.timers import Timer


def meet_callee(conversation: ConversationState, _: CalleeOnLine, now: float) -> list[Action]:
    """Begin the talk if a session stands; else wait for one."""
    timing = conversation.plan.timing
    conversation.callee.picked_up()
    conversation.timers.set(Timer.CALL, now + timing.call_s)
    if conversation.response_slot.has_session:
        conversation.enter(State.TALKING)
        return greet(conversation, now)
    wait_s = 0.0 if conversation.model_health.is_refused else timing.model_ready_s
    conversation.timers.set(Timer.MODEL_READY, now + wait_s)
    return []


def take_session(conversation: ConversationState, _: ModelReady, now: float) -> list[Action]:
    """Begin the talk if somebody has picked up."""
    conversation.timers.stop(Timer.MODEL_READY)
    released = conversation.response_slot.session_ready()
    if not conversation.callee.is_on_line:
        return released
    conversation.enter(State.TALKING)
    return released + greet(conversation, now)


def greet(conversation: ConversationState, now: float) -> list[Action]:
    """Ask for the one greeting."""
    return conversation.request(ResponseRequest(Purpose.GREETING, Say(conversation.language.lines.greeting)), now)
