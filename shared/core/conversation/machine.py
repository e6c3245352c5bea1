"""The conversation: `receive(event, now)` gives the actions, `deadline` says when time itself is the next event."""

from shared.core.conversation.actions import Action
from shared.core.conversation.call_plan import Plan
from shared.core.conversation.events import DeadlineReached, Event
from shared.core.conversation.playback import Playback
from shared.core.conversation.reactions.silence_prompts import watch_silence
from shared.core.conversation.state.conversation_state import ConversationState, State
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.transition_table import TABLE, Trigger


class ConversationMachine:
    """One call's conversation. Single use; `playback` is shared with the audio lane of the bridge."""

    __slots__ = ("_conversation",)

    def __init__(self, plan: Plan, playback: Playback) -> None:
        self._conversation = ConversationState(plan, playback)

    @property
    def state(self) -> State:
        """Where the conversation stands."""
        return self._conversation.state

    @property
    def deadline(self) -> float | None:
        """When `DeadlineReached` must be delivered, in the seconds of `now`; None while nothing is waited for."""
        return self._conversation.timers.deadline

    @property
    def model_losses(self) -> tuple[str, ...]:
        """Why each session with the model was missed or lost, as short codes."""
        return self._conversation.model_health.losses

    def receive(self, event: Event, now: float) -> list[Action]:
        """Take one event in and return what is to be done, in order. An event that has no row in `TABLE` is ignored."""
        if isinstance(event, DeadlineReached):
            actions = [action for timer in self._conversation.timers.expired(now) for action in self._react(timer, timer, now)]
        else:
            actions = self._react(type(event), event, now)
        watch_silence(self._conversation, now)
        return actions

    def _react(self, trigger: Trigger, event: Event | Timer, now: float) -> list[Action]:
        row = TABLE[self._conversation.state].get(trigger)
        if row is None:
            return []
        self._conversation.allow(row.ways)
        return row.react(self._conversation, event, now)
