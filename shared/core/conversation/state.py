"""What the conversation machine remembers between two events."""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from shared.core.confirmation import Conclusion
from shared.core.conversation.actions import Action, PlayStored, RevealOrder
from shared.core.conversation.parts.response_slot import STORED_PREFIX, Speaker, Wish
from shared.core.conversation.parts.timers import Timer, Timers
from shared.core.conversation.plan import Plan
from shared.core.conversation.playback import Playback
from shared.core.errors import ConfirmerError
from shared.core.outcome import VerdictKind

_LONGEST_PROMPT_S: Final = 12.0


class BrokenMachineError(ConfirmerError):
    """The machine took a way that its table does not have: a fault of ours."""


class State(Enum):
    """Where the conversation stands."""

    OPENING = auto()  # waiting for the callee and for a session of the model
    TALKING = auto()
    RETRYING = auto()  # the session broke; a second one is being opened
    KEYPAD = auto()  # the model is away for good: stored prompts and keys
    CLOSING = auto()  # the last words are on their way
    MACHINE = auto()  # an answering machine: waiting for its beep
    ENDED = auto()


MOVES: Final[Mapping[State, Mapping[State, str]]] = {
    State.OPENING: {
        State.TALKING: "callee and session are there",
        State.RETRYING: "no session in time",
        State.KEYPAD: "no second session either",
        State.CLOSING: "a key, withdrawal, or the longest call",
        State.ENDED: "hung up, or a machine",
    },
    State.TALKING: {
        State.RETRYING: "the session broke",
        State.KEYPAD: "the second session broke too",
        State.MACHINE: "the model reports a machine, and a message is to be left",
        State.CLOSING: "a decision, silence, withdrawal, or the longest call",
        State.ENDED: "hung up, or a machine",
    },
    State.RETRYING: {
        State.TALKING: "the second session is there",
        State.KEYPAD: "no second session",
        State.CLOSING: "a key, withdrawal, or the longest call",
        State.ENDED: "hung up, or a machine",
    },
    State.KEYPAD: {State.CLOSING: "a key, or none", State.ENDED: "hung up, or a machine"},
    State.MACHINE: {State.CLOSING: "the beep: the message", State.ENDED: "hung up, or no beep"},
    State.CLOSING: {State.TALKING: "the customer speaks up, or asks to hear it again", State.ENDED: "the last words were heard"},
}
"""Every way from one state to another, and what leads there; docs/conversation.md draws it."""


class Talk:
    """The memory of one conversation, changed by the functions of the machine's parts only."""

    def __init__(self, plan: Plan, playback: Playback) -> None:
        self.lines = plan.lines
        self.language = plan.language
        self.lines_in = plan.lines_in
        self.timing = plan.timing
        self.on_machine = plan.on_machine
        self.zone = plan.zone
        self.playback = playback
        self.speaker = Speaker(playback)
        self.timers = Timers()
        self.state = State.OPENING
        self.is_on_line = False
        # what was decided
        self.verdict: VerdictKind | None = None
        self.conclusion: Conclusion | None = None
        self.reason = "completed"
        # the greeting
        self.has_greeted = False
        self.is_disclosed = False
        self.disclosing_items: set[str] = set()
        self.owes_disclosure = False
        self.disclosed_languages = {plan.language}  # in which the customer was told, or is about to be told, who calls
        self.is_revealed = False  # the model knows what was ordered
        # turns
        self.is_customer_speaking = False
        self.waits_since: float | None = None  # the customer's last word, to which nothing has been heard yet
        self.silence_stage = 0
        self.silence_from: float | None = None
        self.is_asked_to_wait = False
        self.invalid_calls = 0
        # the model's troubles
        self.has_retried = False
        self.keypad_offers = 0
        self.stored_count = 0
        # the end
        self.goodbye = plan.lines.goodbye_undecided
        self.stored_goodbye = "goodbye"
        self.last_words: str | None = None  # the item whose end is the end of the call
        self.is_final = False  # nobody can interrupt these last words
        self.is_parting_cut = False  # the customer spoke up during the goodbye and is being heard out
        self.partings = 0
        self.goes_on = False  # about another order, once these last words have been heard

    def enter(self, state: State) -> None:
        """Go to `state`, by one of `MOVES` (or stay)."""
        if state is not self.state and state not in MOVES[self.state]:
            raise BrokenMachineError(f"no way leads from {self.state.name} to {state.name}")
        self.state = state

    @property
    def is_decided(self) -> bool:
        """Whether a person's decision stands, a call-back included."""
        return self.verdict is not None and self.verdict is not VerdictKind.MACHINE

    def ask(self, wish: Wish, now: float) -> list[Action]:
        """Ask the model for a response and wait for its first audio."""
        self.expect_audio(now)
        return self.speaker.want(wish)

    def expect_audio(self, now: float) -> None:
        """Wait for the agent's voice: not longer than the customer, who has been waiting since the last word, puts up with."""
        limit_s = self.timing.first_audio_s
        latest = now + limit_s if self.waits_since is None else self.waits_since + limit_s
        if latest < now:  # whoever waited that long waits for no answer any more
            latest = now + limit_s
        self.timers.set(Timer.FIRST_AUDIO, max(latest, now + self.timing.least_audio_s))

    def play(self, key: str, now: float) -> tuple[str, Action]:
        """Order a stored prompt; returns its playback item too."""
        self.timers.set(Timer.HEARD, now + _LONGEST_PROMPT_S)  # until `StoredPromptQueued` tells its length
        self.stored_count += 1
        item_id = f"{STORED_PREFIX}{self.stored_count}"
        return item_id, PlayStored(key, item_id)

    def expect_heard(self, now: float) -> None:
        """Wait for the mark behind all audio sent so far, not longer than the audio and a little grace."""
        self.timers.set(Timer.HEARD, now + self.playback.unheard_ms / 1000.0 + self.timing.mark_grace_s)

    def reveal(self) -> list[Action]:
        """Let the model know what was ordered, from the first sign of a person on."""
        if self.is_revealed:
            return []
        self.is_revealed = True
        return [RevealOrder()]

    def end_silence(self) -> None:
        """Somebody was heard: the wait for the customer's word begins anew."""
        self.silence_stage = 0
        self.silence_from = None
