"""What a caller has shown to know of the order: which keys were pressed, how many proofs were wrong, and what may be tried."""

from shared.core.conversation.call_plan import Proving
from shared.core.proof import MOST_TRIES, PROOF_CHARACTERS


class CallerProof:
    """The proof of a caller. `is_missing` until the caller has shown to know the order; a person whom we phoned need not.

    `may_call_back`: the caller may ask to be called back at once. `failures` counts the wrong proofs.
    """

    __slots__ = ("_keys", "_proof", "failures", "is_missing", "may_call_back")

    def __init__(self, proving: Proving | None) -> None:
        self._proof = proving.proof if proving is not None else None
        self._keys = ""
        self.failures = proving.failures if proving is not None else 0
        self.is_missing = proving is not None
        self.may_call_back = proving is not None and proving.may_call_back

    @property
    def is_refused(self) -> bool:
        """Whether nothing more may be tried in this call: it was wrong too often, or the order's id proves nothing."""
        return self.failures >= MOST_TRIES or self._proof is None

    def keyed(self, digit: str) -> bool | None:
        """Take one key more; returns whether the last four are the proof, None while some of the four are missing."""
        self._keys += digit
        if len(self._keys) < PROOF_CHARACTERS:
            return None
        keys, self._keys = self._keys, ""
        return self._judge(is_right=self._proof is not None and self._proof.is_keyed(keys))

    def keys_forgotten(self) -> None:
        """Begin anew with the first key."""
        self._keys = ""

    def said(self, characters: str) -> bool:
        """Take what was said as the end of the order's id; returns whether it is."""
        return self._judge(is_right=self._proof is not None and self._proof.is_said(characters))

    def _judge(self, *, is_right: bool) -> bool:
        is_accepted = is_right and not self.is_refused
        if is_accepted:
            self.is_missing = False
        else:
            self.failures += 1
        return is_accepted
