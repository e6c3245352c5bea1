"""Fills a call's transcript with what the model tells, and has it stored every few turns."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.media_bridge.call_record.fact_writer import FactWriter
from services.media_bridge.call_record.transcript import CallTranscript
from services.media_bridge.openai.events_wire import AgentSaid, CustomerSaid, EventHead, ItemAdded, transcript_delta
from shared.store import Turn

_SAVE_EVERY_TURNS = 4


class TranscriptWriter:
    """Writes one call's transcript."""

    def __init__(self, transcript: CallTranscript, facts: FactWriter, *, wall_clock: Callable[[], datetime]) -> None:
        self._transcript = transcript
        self._facts = facts
        self._wall_clock = wall_clock
        self._unsaved_turns = 0

    def add_item(self, item: ItemAdded) -> None:
        """Give an item of the conversation its position."""
        self._transcript.add_item(item, self._wall_clock())

    def add_prompt(self, item_id: str, text: str) -> None:
        """Add a stored prompt that is played now."""
        self._transcript.add_prompt(item_id, text, self._wall_clock())

    def add_delta(self, head: EventHead) -> None:
        """Add the agent's next words."""
        self._transcript.add_words(head.item_id or "", transcript_delta(head))

    def finish_turn(self, said: AgentSaid | CustomerSaid) -> None:
        """Write all words of a turn; every fourth time the transcript is stored."""
        self._transcript.write(said.item_id, said.text)
        self._unsaved_turns += 1
        if self._unsaved_turns >= _SAVE_EVERY_TURNS:
            self._unsaved_turns = 0
            self.save()

    def confirm(self, said: Sequence[AgentSaid]) -> None:
        """Write the words that the end of a response repeats."""
        for one in said:
            self._transcript.write(one.item_id, one.text)

    def cut(self, item_id: str, heard: float) -> None:
        """Note that only a share of an item's audio was heard, 0 to 1."""
        self._transcript.cut(item_id, heard)

    def turns(self) -> list[Turn]:
        """Return all turns that are known so far."""
        return self._transcript.turns()

    def save(self) -> None:
        """Have all turns that are known so far stored."""
        self._facts.put_turns(self._transcript.turns())
