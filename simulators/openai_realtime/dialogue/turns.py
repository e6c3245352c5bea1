"""The data of the dialogue policy: the turns of a conversation, and the reply to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from simulators.speech.phrases import Intent


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call: the tool's name and its arguments."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class AgentTurn:
    """A turn of the assistant; it holds only the part that was heard."""

    text: str


@dataclass(frozen=True, slots=True)
class CustomerTurn:
    """A turn of the customer: the words as understood, and their language (ISO 639-1), empty if unknown."""

    intent: Intent
    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A function call of the assistant with the tool's answer, which may not have arrived yet."""

    call: ToolCall
    output: str | None


@dataclass(frozen=True, slots=True)
class SystemNote:
    """A system message in addition to the instructions; the next answer must begin with its words in guillemets."""

    text: str


DialogueTurn: TypeAlias = AgentTurn | CustomerTurn | ToolResult | SystemNote


@dataclass(frozen=True, slots=True)
class Reply:
    """The content of a response: speech (empty if there is none) and calls. Without either, the model is silent."""

    speech: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The model's whole input. `tools` are the names it may call; `now` is the time from which it computes a call-back's time.

    `other_languages` (ISO 639-1) are those that it may switch to.
    """

    script: Mapping[str, str]
    turns: Sequence[DialogueTurn]
    tools: frozenset[str]
    now: datetime = field(kw_only=True)
    other_languages: frozenset[str] = field(default=frozenset(), kw_only=True)
