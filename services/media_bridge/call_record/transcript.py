"""The transcript of one call, in the order of the conversation; the agent's words that the customer did not hear are cut off."""

from dataclasses import dataclass
from datetime import datetime

from services.media_bridge.openai.events_wire import ItemAdded
from shared.store import Speaker, Turn


@dataclass(slots=True)
class _Entry:
    speaker: Speaker
    at: datetime
    text: str = ""
    heard: float = 1.0  # the share of the item's audio that the customer heard


class CallTranscript:
    """The turns of one attempt, by the model's item ids."""

    def __init__(self, attempt: int) -> None:
        self._attempt = attempt
        self._order: list[str] = []
        self._entries: dict[str, _Entry] = {}

    def add_item(self, item: ItemAdded, at: datetime) -> None:
        """Give an item its position."""
        self._place(item.item_id, Speaker.AGENT if item.is_agent else Speaker.CUSTOMER, at, item.previous_item_id)

    def add_prompt(self, item_id: str, text: str, at: datetime) -> None:
        """Add a stored prompt that is played now."""
        self._place(item_id, Speaker.AGENT, at, None)
        self._entries[item_id].text = text

    def write(self, item_id: str, text: str) -> None:
        """Write all words of an item in place of those that are known; an empty text changes nothing.

        OpenAI shortens the words of an item that was truncated: from then on only a longer text replaces them.
        """
        entry = self._entries.get(item_id)
        if entry is not None and text and (entry.heard >= 1.0 or len(text) > len(entry.text)):
            entry.text = text

    def add_words(self, item_id: str, words: str) -> None:
        """Add an item's next words: if the session breaks, no others will come."""
        entry = self._entries.get(item_id)
        if entry is not None:
            entry.text += words

    def cut(self, item_id: str, heard: float) -> None:
        """Note that only a share of an item's audio was heard, 0 to 1."""
        entry = self._entries.get(item_id)
        if entry is not None:
            entry.heard = min(entry.heard, max(0.0, heard))

    def turns(self) -> list[Turn]:
        """Return all turns that have words so far; a turn keeps its position when others get their words later."""
        return [
            Turn(
                attempt=self._attempt,
                position=position,
                speaker=entry.speaker,
                text=_heard_words(entry),
                at=entry.at,
                interrupted=entry.heard < 1.0,
            )
            for position, entry in enumerate(self._entries[item_id] for item_id in self._order)
            if _heard_words(entry)
        ]

    def _place(self, item_id: str, speaker: Speaker, at: datetime, previous: str | None) -> None:
        if item_id in self._entries:
            return
        self._entries[item_id] = _Entry(speaker, at)
        if previous is not None and previous in self._entries and self._order[-1] != previous:
            self._order.insert(self._order.index(previous) + 1, item_id)
        else:
            self._order.append(item_id)


def _heard_words(entry: _Entry) -> str:
    """Return as many whole words as fit the share that was heard: OpenAI does not tell the time of each word."""
    if entry.heard >= 1.0:
        return entry.text
    words = entry.text.split()
    return " ".join(words[: int(len(words) * entry.heard)])
