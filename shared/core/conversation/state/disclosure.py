"""The greeting and its disclosure: whether the customer has heard that an automated assistant speaks, and for whom."""

from shared.core.conversation.playback import Playback


class Disclosure:
    """What the customer has been told of who calls. It counts as heard when a mark behind its audio has come back."""

    __slots__ = ("_item_ids", "_languages", "_prompt_id", "has_greeted", "is_heard", "is_owed")

    def __init__(self, language: str) -> None:
        self.has_greeted = False
        self.is_heard = False
        self.is_owed = False
        self._item_ids: set[str] = set()  # the playback items that hold the disclosure
        self._prompt_id: str | None = None  # the stored prompt that says nothing else
        self._languages = {language}  # those in which it was spoken, or is about to be

    def greeting_began(self, item_id: str) -> None:
        """Note that the greeting is being spoken, as item `item_id`."""
        self.has_greeted = True
        self._item_ids.add(item_id)

    def greeting_replaced(self) -> None:
        """Note that a stored prompt, which says that the call is automated, stands in for the greeting."""
        self.has_greeted = True

    def answer_began(self, item_id: str) -> None:
        """Note that the agent speaks: an answer holds the disclosure if that is owed."""
        if self.is_owed:
            self._item_ids.add(item_id)

    def keypad_prompt_began(self, item_id: str) -> None:
        """Note that the stored keypad prompt is played, as item `item_id`: it begins by saying that the call is automated."""
        self._item_ids.add(item_id)

    def prompt_began(self, item_id: str) -> None:
        """Note that the stored disclosure is played, as item `item_id`: what was cut off before it does not count any more."""
        self._prompt_id = item_id
        self._item_ids = {item_id}

    def is_underway(self, playback: Playback) -> bool:
        """Tell whether the stored disclosure is being played, and was not cleared."""
        return self._prompt_id is not None and playback.holds(self._prompt_id)

    def cut_off(self) -> bool:
        """Note that the customer spoke over the agent; True if the next answer must now begin with the disclosure."""
        if self.is_heard or self.is_owed or not self._item_ids:
            return False
        self.is_owed = True
        return True

    def audio_heard(self, playback: Playback) -> bool:
        """Note that audio was heard; True when the disclosure thereby counts as heard, which happens once."""
        if self.is_heard or not any(playback.has_heard(item_id) for item_id in self._item_ids):
            return False
        self.is_heard = True
        self.is_owed = False
        return True

    def language_switched(self, code: str) -> bool:
        """Note the call's new language; True if the disclosure has not been spoken in it, and now must be."""
        if code in self._languages:
            return False
        self._languages.add(code)
        return True
