"""The conversation of a session: its items in order, and the turns that the dialogue policy gets from them."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from simulators.openai_realtime.dialogue.text_parsing import meaning_of_text, record_of
from simulators.openai_realtime.dialogue.turns import AgentTurn, CustomerTurn, DialogueTurn, SystemNote, ToolCall, ToolResult
from simulators.openai_realtime.events.validators import Json, RefusedError
from simulators.speech.phrases import Intent


def new_id(prefix: str) -> str:
    """Return an id that has not been used before; it has at most 32 characters if the prefix has at most 7."""
    return f"{prefix}_{secrets.token_hex(12)}"


@dataclass(frozen=True, slots=True)
class Understanding:
    """The meaning of a customer's item: the words and their language (ISO 639-1, empty if unknown)."""

    intent: Intent
    words: str
    language: str


@dataclass(frozen=True, slots=True)
class Words:
    """The words that a message of the assistant is meant to say, and the length of their audio."""

    text: str
    audio_ms: int


@dataclass(slots=True)
class Item:
    """One item. `audio_ms` is the length of the assistant's audio that the server holds, of that of `spoken` in all."""

    id: str
    type: Literal["message", "function_call", "function_call_output"]
    role: Literal["system", "user", "assistant"] | None = None
    status: str = "completed"
    content: list[Json] = field(default_factory=list)
    audio_ms: int = 0
    spoken: Words | None = None
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    output: str = ""
    understood: Understanding | None = None
    intended: ToolCall | None = None
    phase: str | None = None

    def to_json(self) -> Json:
        """Return the item as events show it, without audio."""
        basics: Json = {"id": self.id, "object": "realtime.item", "type": self.type, "status": self.status}
        match self.type:
            case "message":
                phase = {"phase": self.phase} if self.phase is not None else {}
                return {**basics, **phase, "role": self.role, "content": [dict(part) for part in self.content]}
            case "function_call":
                return {**basics, "name": self.name, "call_id": self.call_id, "arguments": self.arguments}
            case "function_call_output":
                return {**basics, "call_id": self.call_id, "output": self.output}

    @property
    def text(self) -> str:
        """All words of a message."""
        return " ".join(part.get("text") or part.get("transcript") or "" for part in self.content).strip()

    @property
    def heard_text(self) -> str:
        """For a spoken message, the words of the audio that the server holds; otherwise its text."""
        words = self.spoken
        return (
            words.text[: len(words.text) * self.audio_ms // words.audio_ms] if words is not None and words.audio_ms else self.text
        )

    @property
    def is_unheard(self) -> bool:
        """Whether it is a message that nobody could hear: text in place of audio, or silence."""
        return self.spoken is not None and not self.spoken.text

    @property
    def is_spoken(self) -> bool:
        """Whether it is a message with the model's audio."""
        return self.role == "assistant" and any(part["type"] == "output_audio" for part in self.content)


class Conversation:
    """The default conversation: items in order, by id."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._items: list[Item] = []

    def add(self, item: Item, *, after: str | None = None) -> str | None:
        """Add the item at the end, or after another ("root": first); return the id of the item before it.

        Raises:
            RefusedError: Its id is in use, or the other item does not exist.
        """
        if any(other.id == item.id for other in self._items):
            raise RefusedError("invalid_value", f"An item with the id '{item.id}' already exists.", "item.id")
        place = len(self._items)
        if after == "root":
            place = 0
        elif after is not None:
            place = self._items.index(self.find(after, "previous_item_id")) + 1
        self._items.insert(place, item)
        return self._items[place - 1].id if place else None

    def create(self, given: Json, *, after: str | None) -> tuple[Item, str | None]:
        """Add an item from the client; its shape has been checked.

        Raises:
            RefusedError: As in `add`, or the item answers a call that does not exist.
        """
        item = self.item_of(given)
        calls = {other.call_id for other in self._items if other.type == "function_call"}
        if item.type == "function_call_output" and item.call_id not in calls:
            message = f"Tool call ID '{item.call_id}' not found in conversation."
            raise RefusedError("invalid_tool_call_id", message, "item.call_id")
        return item, self.add(item, after=after)

    def item_of(self, given: Json) -> Item:
        """Return an item from the client, not added yet."""
        item = Item(given.get("id") or new_id("item"), given["type"], given.get("role"))
        match item.type:
            case "message":
                item.content = [dict(part) for part in given["content"]]
                if item.role == "user":
                    intent, language = meaning_of_text(item.text)
                    item.understood = Understanding(intent, item.text, language)
            case "function_call":
                item.name, item.arguments = given["name"], given["arguments"]
                item.call_id = given.get("call_id") or new_id("call")
            case "function_call_output":
                item.call_id, item.output = given["call_id"], given["output"]
        return item

    def find(self, item_id: str, param: str = "item_id") -> Item:
        """Return the item with that id; raise `RefusedError` if there is none."""
        for item in self._items:
            if item.id == item_id:
                return item
        raise RefusedError("item_not_found", f"Item with item_id '{item_id}' not found.", param)

    def delete(self, item_id: str) -> None:
        """Remove the item; raise `RefusedError` if there is none."""
        self._items.remove(self.find(item_id))

    def truncate(self, item_id: str, *, content_index: int, audio_end_ms: int) -> Item:
        """Cut the assistant's audio, and the words of the part that is cut off.

        Raises:
            RefusedError: The item does not exist, was not spoken by the model, or is shorter than that.
        """
        item = self.find(item_id)
        if not item.is_spoken:
            raise RefusedError(None, "Only model output audio messages can be truncated")
        if content_index >= len(item.content):
            raise RefusedError("invalid_value", f"The item has no content part {content_index}.", "content_index")
        if audio_end_ms > item.audio_ms:
            message = f"Audio content of {item.audio_ms}ms is already shorter than {audio_end_ms}ms"
            raise RefusedError("invalid_value", message, "audio_end_ms")
        item.audio_ms = audio_end_ms
        item.content[content_index]["transcript"] = item.heard_text
        return item

    def before(self, item_id: str) -> str | None:
        """Return the id of the item before that one; None if it is the first, or was deleted."""
        ids = [item.id for item in self._items]
        place = ids.index(item_id) if item_id in ids else 0
        return ids[place - 1] if place else None

    @property
    def last_id(self) -> str | None:
        """The id of the newest item."""
        return self._items[-1].id if self._items else None

    @property
    def answers_a_tool(self) -> bool:
        """Whether the newest item is the answer to a tool call."""
        return bool(self._items) and self._items[-1].type == "function_call_output"

    @property
    def tokens(self) -> int:
        """The approximate number of tokens of its items."""
        return sum((len(item.text) + len(item.arguments) + len(item.output)) // 4 + 4 for item in self._items)

    def turns(self) -> list[DialogueTurn]:
        """Return the turns for the dialogue policy: who said what, in order."""
        return turns_of(self._items)


def turns_of(items: Iterable[Item]) -> list[DialogueTurn]:
    """Return the items as turns, with each call and its answer together; items not recognized yet are left out."""
    turns: list[DialogueTurn] = []
    listed = list(items)
    outputs = {item.call_id: item.output for item in listed if item.type == "function_call_output"}
    for item in listed:
        if item.type == "function_call" and item.status == "completed":
            turns.append(ToolResult(item.intended or _call_of(item), outputs.get(item.call_id)))
        elif item.role == "assistant" and not item.is_unheard:
            begun = turns.pop() if item.phase == "final_answer" and turns and isinstance(turns[-1], AgentTurn) else None
            turns.append(AgentTurn(f"{begun.text} {item.heard_text}" if isinstance(begun, AgentTurn) else item.heard_text))
        elif item.role == "system":
            turns += [_turn_of(is_agent, words) for is_agent, words in record_of(item.text)] or [SystemNote(item.text)]
        elif item.role == "user" and item.understood is not None:
            understood = item.understood
            turns.append(CustomerTurn(understood.intent, understood.words, understood.language))
    return turns


def _turn_of(is_agent: bool, words: str) -> DialogueTurn:  # noqa: FBT001 - a pair of `record_of`
    """Return a turn that a system message tells of."""
    if is_agent:
        return AgentTurn(words)
    intent, language = meaning_of_text(words)
    return CustomerTurn(intent, words, language)


def _call_of(item: Item) -> ToolCall:
    try:
        arguments = json.loads(item.arguments)
    except ValueError:
        arguments = {}
    return ToolCall(item.name, arguments if isinstance(arguments, dict) else {})
