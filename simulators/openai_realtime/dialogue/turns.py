"""The data that the dialogue policy works on: the turns of a conversation, and the reply to them."""

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
    """A turn of the assistant, as far as it was heard."""

    text: str


@dataclass(frozen=True, slots=True)
class CustomerTurn:
    """A turn of the customer, with the words as understood and their language (ISO 639-1), empty where unknown."""

    intent: Intent
    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A function call of the assistant and the tool's answer, which may be missing yet."""

    call: ToolCall
    output: str | None


@dataclass(frozen=True, slots=True)
class SystemNote:
    """A system message beside the instructions; words in guillemets are to begin the next answer."""

    text: str


DialogueTurn: TypeAlias = AgentTurn | CustomerTurn | ToolResult | SystemNote


@dataclass(frozen=True, slots=True)
class Reply:
    """What a response holds: speech (empty for none) and calls. Neither: the model keeps silent."""

    speech: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """All the model goes by. `tools` are the names it may call, `now` is the time of a call-back it computes.

    `other_languages` (ISO 639-1) are those it may switch to.
    """

    script: Mapping[str, str]
    turns: Sequence[DialogueTurn]
    tools: frozenset[str]
    now: datetime = field(kw_only=True)
    other_languages: frozenset[str] = field(default=frozenset(), kw_only=True)
