"""What the conversation machine is told: past facts from the phone, the speech model, the record and the clock."""

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class CalleeOnLine:
    """The media stream presented a valid token: somebody has picked up."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The customer pressed a key of the phone: `0` to `9`, `*` or `#`."""

    digit: str


@dataclass(frozen=True, slots=True)
class MarkEchoed:
    """Twilio sent a mark back: what was queued before it has been heard, or was cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class CallerLegEnded:
    """Twilio stopped the stream or its socket is gone: nobody is on the line any more."""

    reason: str = "person_hung_up"


@dataclass(frozen=True, slots=True)
class ModelReady:
    """A session with the speech model stands, its audio formats confirmed."""


@dataclass(frozen=True, slots=True)
class ModelLost:
    """There is no session: none could be opened, or it broke. `reason` is a short code, never a message of the vendor's.

    If it `is_fatal`, a second session would meet the same: the key, the account or the model is refused.
    """

    reason: str
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The customer began to speak (or something that sounds like it)."""


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The customer fell silent; an answer of the model follows, unless it was noise."""


class ResponseStatus(Enum):
    """How a response of the model ended."""

    COMPLETED = auto()
    CANCELLED = auto()
    INCOMPLETE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A finished function call of the model. `arguments` is its JSON text, not yet checked."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The model began a response, ours or its own answer to a turn."""

    response_id: str


@dataclass(frozen=True, slots=True)
class ItemBegan:
    """The model added an item to its response: words will follow, or a tool call."""


@dataclass(frozen=True, slots=True)
class AudioBegan:
    """The first audio of an item arrived: the agent is about to be heard."""

    response_id: str
    item_id: str


@dataclass(frozen=True, slots=True)
class AgentSpoke:
    """The text of what the agent says now is known."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallFinished:
    """A call of the response is complete; it counts once the response is."""

    response_id: str
    call: ToolCall


@dataclass(frozen=True, slots=True)
class ResponseDone:
    """The model is done with a response; its audio may still be playing. An empty `response_id` means the one that runs.

    `tool_calls` count; `void_calls` are finished calls of a response that was not completed, and do not.
    """

    response_id: str
    status: ResponseStatus
    tool_calls: tuple[ToolCall, ...] = ()
    reason: str | None = None
    void_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseRefused:
    """The model refused our request for a response, because another was running."""


@dataclass(frozen=True, slots=True)
class StoredPromptQueued:
    """A stored prompt was handed to Twilio as item `item_id`."""

    item_id: str


@dataclass(frozen=True, slots=True)
class CalleeIsPerson:
    """Twilio's machine detection took the callee for a person (or could not tell)."""


@dataclass(frozen=True, slots=True)
class CalleeIsMachine:
    """Twilio's machine detection took the callee for a machine; `is_after_beep` when a message can be left now."""

    is_after_beep: bool


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    """The shop took the order back while we talk."""


@dataclass(frozen=True, slots=True)
class DeadlineReached:
    """The moment that the machine named as its deadline has come."""


Event = (
    CalleeOnLine
    | KeyPressed
    | MarkEchoed
    | CallerLegEnded
    | ModelReady
    | ModelLost
    | SpeechStarted
    | SpeechStopped
    | ResponseStarted
    | ItemBegan
    | AudioBegan
    | AgentSpoke
    | ToolCallFinished
    | ResponseDone
    | ResponseRefused
    | StoredPromptQueued
    | CalleeIsPerson
    | CalleeIsMachine
    | OrderWithdrawn
    | DeadlineReached
)
