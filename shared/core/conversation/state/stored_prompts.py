"""The prompts that are played from stored audio, each as a playback item of its own."""

from typing import Final

from shared.core.conversation.actions import PlayStored

_PREFIX: Final = "stored:"


class StoredPrompts:
    """Numbers the stored prompts of one call."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def play(self, key: str) -> PlayStored:
        """Return the order to play the prompt with that key."""
        self._count += 1
        return PlayStored(key, f"{_PREFIX}{self._count}")


def is_stored(item_id: str) -> bool:
    """Tell whether the playback item is a stored prompt, of which the model knows nothing."""
    return item_id.startswith(_PREFIX)
