"""What went wrong with the speech model in this call, and how often the keypad was offered in its stead."""

from typing import Final

_MAX_KEYPAD_OFFERS: Final = 2
_MAX_INVALID_CALLS: Final = 3


class ModelHealth:
    """Counts what may happen only so often in a call."""

    __slots__ = ("_doubts", "_invalid_calls", "_keypad_offers", "has_retried", "is_refused", "losses")

    def __init__(self) -> None:
        self.has_retried = False  # a second session was asked for, or would be asked for in vain
        self.is_refused = False  # no session can be had: the key, the account or the model is refused
        self.losses: tuple[str, ...] = ()  # why each session was lost
        self._keypad_offers = 0
        self._invalid_calls = 0
        self._doubts: set[str] = set()

    @property
    def may_offer_keypad(self) -> bool:
        """Whether a customer who pressed no key is asked once more."""
        return self._keypad_offers < _MAX_KEYPAD_OFFERS

    def retried(self) -> None:
        """Note that a second session is being opened; there is no third."""
        self.has_retried = True

    def refused(self) -> None:
        """Note that a second session would meet what ended this one."""
        self.has_retried = self.is_refused = True

    def lost(self, reason: str) -> None:
        """Note that a session was missed or lost."""
        self.losses = (*self.losses, reason)

    def keypad_offered(self) -> None:
        """Note that the customer is asked for a key."""
        self._keypad_offers += 1

    def called_invalidly(self) -> bool:
        """Note a call of a tool that could not be used; True if the model is not asked to try again."""
        self._invalid_calls += 1
        return self._invalid_calls >= _MAX_INVALID_CALLS

    def doubted(self, reason: str) -> bool:
        """Note that a report of the model's is doubtful; True if it has not been told this reason before."""
        is_new = reason not in self._doubts
        self._doubts.add(reason)
        return is_new
