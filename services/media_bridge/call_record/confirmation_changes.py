"""What others write about a call while it goes on (Twilio's callbacks, the shop), as events for the conversation."""

from collections.abc import Callable

from shared.core.confirmation import Attempt, Confirmation
from shared.core.conversation import events as ev


class ConfirmationChanges:
    """Compares each version of the confirmation with what the conversation knows; each kind of event is reported once."""

    def __init__(self, attempt_id: str, *, receive: Callable[[ev.Event], None]) -> None:
        self._attempt_id = attempt_id
        self._receive = receive
        self._reported: set[type[ev.Event]] = set()

    def changed(self, confirmation: Confirmation) -> None:
        """Report what this version says of the call."""
        if confirmation.withdrawn_at is not None:
            self._report(ev.OrderWithdrawn())
        attempt = self._attempt_of(confirmation)
        if self.is_call_over(confirmation) or attempt is None:
            self._report(ev.CallerLegEnded("call_ended"))
        elif attempt.is_machine:
            self._report(ev.CalleeIsMachine((attempt.answered_by or "").startswith("machine_end")))
        elif attempt.answered_by is not None:
            self._report(ev.CalleeIsPerson())

    def is_call_over(self, confirmation: Confirmation) -> bool:
        """Tell whether the call has ended, also if its end is held until the conversation has."""
        attempt = self._attempt_of(confirmation)
        return attempt is None or not attempt.is_open or attempt.held_call_end is not None

    def erased(self) -> None:
        """Report that there is no order any more: the call ends politely."""
        self._report(ev.OrderWithdrawn())

    def _attempt_of(self, confirmation: Confirmation) -> Attempt | None:
        return next((one for one in confirmation.attempts if one.id == self._attempt_id), None)

    def _report(self, event: ev.Event) -> None:
        if type(event) not in self._reported:
            self._reported.add(type(event))
            self._receive(event)
