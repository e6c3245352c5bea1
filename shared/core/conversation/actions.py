"""What the conversation machine wants done: the bridge carries the actions out, in the sequence given."""

from dataclasses import dataclass

from shared.core.confirmation import Conclusion
from shared.core.conversation.playback import HeardItem
from shared.core.conversation.tools import OutcomeReport
from shared.core.outcome import Channel


@dataclass(frozen=True, slots=True)
class Say:
    """Ask the model for one response that speaks `text` word for word."""

    text: str


@dataclass(frozen=True, slots=True)
class Respond:
    """Ask the model for one response of its own; `hint` is one sentence of instruction, or None."""

    hint: str | None = None


@dataclass(frozen=True, slots=True)
class CancelResponse:
    """Stop the running response."""

    response_id: str


@dataclass(frozen=True, slots=True)
class TruncateItem:
    """Tell the model how much of its item was heard."""

    item: HeardItem


@dataclass(frozen=True, slots=True)
class AnswerTool:
    """Return a tool's result to the model; `output` is JSON text."""

    call_id: str
    output: str


@dataclass(frozen=True, slots=True)
class TellModel:
    """Put a remark of ours into the model's conversation, as a message of the system."""

    text: str


@dataclass(frozen=True, slots=True)
class RevealOrder:
    """Tell the model what was ordered: a person is likely on the line. Happens once a call."""


@dataclass(frozen=True, slots=True)
class SwitchLanguage:
    """Hold the call in the language with that code from now on: instructions of the model, stored prompts and record follow it."""

    code: str


@dataclass(frozen=True, slots=True)
class ClearPlayback:
    """Silence the line at once: drop all audio that Twilio has buffered."""


@dataclass(frozen=True, slots=True)
class SendMark:
    """Send a mark, with which Twilio tells when everything queued so far has been heard."""

    name: str


@dataclass(frozen=True, slots=True)
class PlayStored:
    """Play a stored prompt of the call's language, by its key (`keypad`, `one_moment`, `goodbye` …), as playback item `item_id`."""

    key: str
    item_id: str


@dataclass(frozen=True, slots=True)
class ReconnectModel:
    """Open a second session with the conversation so far; answered by `ModelReady` or `ModelLost`."""


@dataclass(frozen=True, slots=True)
class DropModel:
    """Close the model's session for good: the keypad takes over."""


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """Store what was decided; it replaces an earlier verdict of this call."""

    report: OutcomeReport
    channel: Channel


@dataclass(frozen=True, slots=True)
class RecordProof:
    """Store that the caller has shown to know the order."""


@dataclass(frozen=True, slots=True)
class RecordWrongProof:
    """Store that with this one the caller has offered `failures` wrong proofs."""

    failures: int


@dataclass(frozen=True, slots=True)
class RecordDisclosure:
    """Store that the customer has heard that an automated assistant speaks."""


@dataclass(frozen=True, slots=True)
class EndConversation:
    """Store the conclusion (None if a verdict stands), then close the stream. Always the last action.

    If the talk `goes_on` about another order of the customer's, the stream stays open for it.
    """

    conclusion: Conclusion | None
    reason: str
    goes_on: bool = False


Action = (
    Say
    | Respond
    | CancelResponse
    | TruncateItem
    | AnswerTool
    | TellModel
    | RevealOrder
    | SwitchLanguage
    | ClearPlayback
    | SendMark
    | PlayStored
    | ReconnectModel
    | DropModel
    | RecordVerdict
    | RecordProof
    | RecordWrongProof
    | RecordDisclosure
    | EndConversation
)
