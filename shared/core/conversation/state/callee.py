"""Who is at the other end of the line: whether somebody picked up, and whether that is likely a person."""

from shared.core.conversation.actions import Action, RevealOrder


class Callee:
    """What is known of the callee."""

    __slots__ = ("is_likely_person", "is_on_line")

    def __init__(self) -> None:
        self.is_on_line = False
        self.is_likely_person = False

    def picked_up(self) -> None:
        """Note that the media stream stands."""
        self.is_on_line = True

    def seems_person(self) -> list[Action]:
        """Note a sign of a person. The first one reveals to the model what was ordered; later ones do nothing."""
        if self.is_likely_person:
            return []
        self.is_likely_person = True
        return [RevealOrder()]
