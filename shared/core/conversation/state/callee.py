"""Who is at the other end of the line: whether somebody is there, whether that is likely a person, and what a caller has proven."""

from shared.core.conversation.actions import Action, RevealOrder
from shared.core.conversation.call_plan import Proving
from shared.core.conversation.state.caller_proof import CallerProof


class Callee:
    """What is known of the person we talk with; `proof` is that of a caller, which is not missing where none is asked for."""

    __slots__ = ("is_likely_person", "is_on_line", "proof")

    def __init__(self, proving: Proving | None) -> None:
        self.proof = CallerProof(proving)
        self.is_on_line = False
        self.is_likely_person = False

    def picked_up(self) -> None:
        """Note that the media stream stands."""
        self.is_on_line = True

    def seems_person(self) -> list[Action]:
        """Note a sign of a person. The first one reveals to the model what was ordered; later ones do nothing.

        Of a caller whose proof is missing there is no such sign but the proof.
        """
        if self.is_likely_person or self.proof.is_missing:
            return []
        self.is_likely_person = True
        return [RevealOrder()]
