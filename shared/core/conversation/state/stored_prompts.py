"""The prompts that are played from stored audio, each as a playback item of its own."""

from typing import Final

from shared.core.conversation.actions import PlayStored

FILLERS: Final = ("filler_1", "filler_2", "filler_3")
"""The keys of the prompts that are heard while the model thinks."""
_PREFIX: Final = "stored:"


class StoredPrompts:
    """Numbers the stored prompts of one call, and gives out the fillers in turn."""

    __slots__ = ("_count", "_filler_item", "_fillers")

    def __init__(self) -> None:
        self._count = 0
        self._fillers = 0
        self._filler_item: str | None = None  # the last one; None before the first

    def play(self, key: str) -> PlayStored:
        """Return the order to play the prompt with that key."""
        self._count += 1
        return PlayStored(key, f"{_PREFIX}{self._count}")

    def play_filler(self) -> PlayStored:
        """Return the order to play the next filler: each is heard once before one is heard again."""
        filler = self.play(FILLERS[self._fillers % len(FILLERS)])
        self._fillers += 1
        self._filler_item = filler.item_id
        return filler

    def is_filler(self, item_id: str) -> bool:
        """Tell whether that item is the last filler."""
        return item_id == self._filler_item


def is_stored(item_id: str) -> bool:
    """Tell whether the playback item is a stored prompt, of which the model knows nothing."""
    return item_id.startswith(_PREFIX)
