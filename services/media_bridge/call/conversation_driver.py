"""Drives the conversation machine of one call: events in, actions out, and its deadlines."""

from collections import deque
from collections.abc import Callable

from services.media_bridge.call.deadline_timer import DeadlineTimer
from shared.core.conversation import actions as act
from shared.core.conversation import events as ev
from shared.core.conversation.machine import ConversationMachine

Perform = Callable[[act.Action, float], None]
"""Carries out one action; the second argument is when the event that caused it was received (monotonic seconds)."""


class ConversationDriver:
    """Gives the machine one event after the other.

    `note` hears of each event before the machine does. An exception goes to `on_failure`: a socket or a timer called us,
    and neither could do anything about it.
    """

    def __init__(
        self,
        machine: ConversationMachine,
        *,
        clock: Callable[[], float],
        note: Callable[[ev.Event, float], None],
        perform: Perform,
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._machine = machine
        self._clock = clock
        self._note = note
        self._perform = perform
        self._on_failure = on_failure
        self._events: deque[tuple[ev.Event, float]] = deque()  # bounded: an event is done with before its caller goes on
        self._is_receiving = False
        self._has_stopped = False
        self._timer = DeadlineTimer(clock=clock, on_reached=self._deadline_reached)

    @property
    def model_losses(self) -> tuple[str, ...]:
        """Why each session with the model was missed or lost, as short codes."""
        return self._machine.model_losses

    def receive(self, event: ev.Event) -> None:
        """Give the machine an event and carry out its actions. Events that this causes are received after it."""
        self._events.append((event, self._clock()))
        if self._is_receiving:
            return
        self._is_receiving = True
        try:
            while self._events:
                self._take(*self._events.popleft())
        except Exception as error:  # outermost: a socket or a timer called us; the call's task raises it
            self._on_failure(error)
        finally:
            self._is_receiving = False

    def stop(self) -> None:
        """Wait for no deadline any more."""
        self._has_stopped = True
        self._timer.stop()

    def _take(self, event: ev.Event, now: float) -> None:
        self._note(event, now)
        for action in self._machine.receive(event, now):
            self._perform(action, now)
        if not self._has_stopped:
            self._timer.set(self._machine.deadline)

    def _deadline_reached(self) -> None:
        self.receive(ev.DeadlineReached())
