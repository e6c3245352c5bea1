"""The greeting and its disclosure: whether the customer has heard that an automated assistant speaks, and for whom."""

from shared.core.conversation.playback import Playback


class Disclosure:
    """What the customer has been told of who calls. It counts as heard when a mark behind its audio has come back."""

    __slots__ = ("_item_ids", "_languages", "has_greeted", "is_heard", "is_owed")

    def __init__(self, language: str) -> None:
        self.has_greeted = False
        self.is_heard = False
        self.is_owed = False
        self._item_ids: set[str] = set()  # the playback items that hold the disclosure
        self._languages = {language}  # those in which it was spoken, or is about to be

    def greeting_began(self, item_id: str) -> None:
        """Note that the greeting is being spoken, as item `item_id`."""
        self.has_greeted = True
        self._item_ids.add(item_id)

    def answer_began(self, item_id: str) -> None:
        """Note that the agent speaks: an answer holds the disclosure if that is owed."""
        if self.is_owed:
            self._item_ids.add(item_id)

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
