"""What one conversation needs to know beforehand: the lines to be spoken, the limit of each wait, the shop's settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Final

from shared.core.order import OnMachine
from shared.core.outcome import VerdictKind
from shared.core.proof import OrderProof

STORED_GOODBYES: Final[Mapping[VerdictKind, str]] = {
    VerdictKind.CONFIRMED: "goodbye_confirmed",
    VerdictKind.CANCELLED: "goodbye_cancelled",
    VerdictKind.OPTED_OUT: "goodbye_opted_out",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWords:
    """The words of a language by which a report of the model's is judged: those for yes, for no, and for a change of any kind."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    change: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The sentences that are spoken word for word, in the call's language.

    `goodbyes` has one for each verdict of a person; `acknowledgements` replaces those after which the talk goes on about
    another order. `disclosure` is the sentence that says an automated assistant speaks; `repeat` is all that is spoken again
    after key 9; `wait` is what the agent says to a customer who asks it to wait. `stored_goodbyes` are the keys of the stored
    prompts that stand in for goodbyes. `until_proven` are the lines for a caller who has proven nothing yet; `proven` is said
    to one who has: what was ordered, and the question. `words` are the language's words for yes, no and a change.
    """

    greeting: str
    disclosure: str
    repeat: str
    not_heard: str
    keypad: str
    wait: str
    voicemail: str
    goodbyes: Mapping[VerdictKind, str]
    goodbye_undecided: str
    goodbye_withdrawn: str
    acknowledgements: Mapping[VerdictKind, str] = field(default_factory=dict)
    words: AnswerWords = AnswerWords()
    stored_goodbyes: Mapping[VerdictKind, str] = field(default_factory=lambda: STORED_GOODBYES)
    proven: str = ""
    until_proven: "UnprovenLines | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenLines:
    """The sentences for a caller who has proven nothing: they tell the shop's name, and that there is an order.

    `failed` is said after a wrong proof, `refused` after the last one that is allowed.
    """

    greeting: str
    disclosure: str
    ask: str
    failed: str
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proving:
    """How a caller may prove to know the order: `proof` is None if its id is too short to prove anything by it.

    `may_call_back`: the caller may ask to be called back at once, at the number that the shop gave. `failures` counts the wrong
    proofs of this call so far.
    """

    proof: OrderProof | None
    may_call_back: bool = True
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The limit of each wait, in seconds; docs/conversation-design.md says what each one is for."""

    model_ready_s: float = 3.0
    model_retry_s: float = 4.0
    filler_s: float = 3.3
    first_audio_s: float = 9.0
    tool_audio_s: float = 12.0
    goodbye_audio_s: float = 6.0
    least_audio_s: float = 1.2
    response_end_s: float = 2.5
    turn_s: float = 2.0
    least_goodbye_s: float = 1.2
    stuck_speech_s: float = 12.0
    ungreeted_speech_s: float = 3.0
    silence_s: tuple[float, float, float] = (6.0, 12.0, 20.0)
    wait_s: float = 30.0
    after_prompt_s: float = 2.5
    mark_grace_s: float = 3.0
    key_s: float = 8.0
    beep_s: float = 20.0
    withdrawn_audio_s: float = 1.2
    call_s: float = 165.0


_NO_OTHER: Final[Mapping[str, Lines]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One conversation's lines and limits, and what the shop wants; `zone` is the customer's time zone.

    `lines` are in `language`, a code; `lines_in` returns the same lines in the language with another code, or None if the
    product does not have that language. `proving` is None if the customer need not prove anything.
    """

    lines: Lines
    language: str = ""
    lines_in: Callable[[str], Lines | None] = field(default=_NO_OTHER.get, compare=False)
    timing: Timing = field(default_factory=Timing)
    on_machine: OnMachine = OnMachine.HANG_UP
    zone: tzinfo = UTC
    proving: Proving | None = None
