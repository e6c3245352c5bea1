"""Where a conversation stands: its state by name, the parts that remember the rest, and the waits that rest on several parts."""

from collections.abc import Mapping
from enum import IntEnum, auto
from typing import Final

from shared.core.conversation.actions import Action, PlayStored
from shared.core.conversation.call_plan import Plan
from shared.core.conversation.playback import Playback
from shared.core.conversation.state.callee import Callee
from shared.core.conversation.state.closing import Closing
from shared.core.conversation.state.disclosure import Disclosure
from shared.core.conversation.state.model_health import ModelHealth
from shared.core.conversation.state.response_slot import Purpose, ResponseRequest, ResponseSlot
from shared.core.conversation.state.silence import Silence
from shared.core.conversation.state.spoken_language import SpokenLanguage
from shared.core.conversation.state.stored_prompts import StoredPrompts
from shared.core.conversation.state.timers import Timer, Timers
from shared.core.conversation.state.turn_taking import TurnTaking
from shared.core.errors import ConfirmerError

_LONGEST_PROMPT_S: Final = 12.0


class BrokenMachineError(ConfirmerError):
    """The machine took a way that its table does not have: a fault of ours."""


class State(IntEnum):
    """Where the conversation stands. Numbers, because the table is looked up at every event, and an `Enum` is slow to hash."""

    OPENING = auto()  # waiting for the callee and for a session of the model
    TALKING = auto()
    RETRYING = auto()  # the session broke; a second one is being opened
    KEYPAD = auto()  # the model is away for good: stored prompts and keys
    CLOSING = auto()  # the last words are on their way
    MACHINE = auto()  # an answering machine: waiting for its beep
    ENDED = auto()


Ways = Mapping[State, str]
"""The states that an event may lead to, and why."""

_NO_WAYS: Final[Ways] = {}


class ConversationState:
    """All that is remembered of one conversation between two events. Each part writes its own fields, nobody else does."""

    __slots__ = (
        "_ways",
        "callee",
        "closing",
        "disclosure",
        "language",
        "model_health",
        "plan",
        "playback",
        "response_slot",
        "silence",
        "state",
        "stored_prompts",
        "timers",
        "turn_taking",
    )

    def __init__(self, plan: Plan, playback: Playback) -> None:
        self.state = State.OPENING
        self._ways = _NO_WAYS
        self.plan = plan
        self.playback = playback
        self.timers = Timers()
        self.callee = Callee(plan.proving)
        self.language = SpokenLanguage(plan.language, plan.lines, plan.lines_in)
        self.disclosure = Disclosure(plan.language)
        self.turn_taking = TurnTaking()
        self.silence = Silence()
        self.response_slot = ResponseSlot(playback)
        self.model_health = ModelHealth()
        self.stored_prompts = StoredPrompts()
        self.closing = Closing(plan.lines)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks in the talk, and nothing is about to be spoken."""
        return (
            self.state is State.TALKING
            and not self.turn_taking.is_customer_speaking
            and self.response_slot.is_idle
            and self.playback.is_drained
            and not self.timers.is_set(Timer.HEARD)  # a stored prompt is about to be played
        )

    def allow(self, ways: Ways) -> None:
        """Allow the event that is being taken in to lead to those states."""
        self._ways = ways

    def enter(self, state: State) -> None:
        """Go to `state`, or stay in it.

        Raises:
            BrokenMachineError: the event that is being taken in leads there by no way of the table.
        """
        if state is not self.state and state not in self._ways:
            raise BrokenMachineError(f"no way leads from {self.state.name} to {state.name}")
        self.state = state

    def request(self, request: ResponseRequest, now: float) -> list[Action]:
        """Request a response of the model and wait for its first audio."""
        self.expect_audio(now, request.purpose)
        return self.response_slot.request(request)

    def request_again(self, request: ResponseRequest, now: float) -> list[Action]:
        """Request a response in place of one without a sound: a filler is heard as soon as if that one were still awaited."""
        due = self.timers.due(Timer.FILLER)
        asked = self.request(request, now)
        if due is not None:
            self.timers.set(Timer.FILLER, due)
        return asked

    def expect_released(self, now: float) -> None:
        """Wait for audio of a request that had to wait for the end of another response, unless that is done already."""
        request = self.response_slot.requested
        is_awaited = self.turn_taking.is_customer_speaking or self.timers.is_set(Timer.FIRST_AUDIO)
        if request is not None and not is_awaited:
            self.expect_audio(now, request.purpose)

    def expect_audio(self, now: float, purpose: Purpose | None = None) -> None:
        """Wait for the agent's voice: a filler shortens the wait, and at last the session is given up."""
        wait, timing, waits_since = self.turn_taking.audio_wait, self.plan.timing, self.turn_taking.waits_since
        self.timers.set(Timer.FIRST_AUDIO, wait.audio_due_at(now, purpose, waits_since=waits_since, timing=timing))
        if self.playback.ends_at <= now:  # its mark may still be on its way
            self.timers.set(Timer.FILLER, wait.filler_due_at(now, purpose, waits_since=waits_since, timing=timing))
        else:
            self.fill_after_playback(now)

    def note_life(self, now: float) -> None:
        """Wait a little longer for the voice of a model that shows signs of life."""
        due = self.timers.due(Timer.FIRST_AUDIO)
        if due is not None:
            self.timers.set(Timer.FIRST_AUDIO, self.turn_taking.audio_wait.postponed(due, now, self.plan.timing))

    def expect_no_audio(self) -> None:
        """Wait for the agent's voice no longer."""
        self.turn_taking.audio_wait.ended()
        self.timers.stop(Timer.FIRST_AUDIO, Timer.FILLER)

    def note_prompt(self, item_id: str, now: float) -> None:
        """Note that a stored prompt was handed to Twilio; the agent's voice is waited for until a little after its end.

        A filler makes nobody wait longer: it is heard because the voice is late.
        """
        ends_at = now + self.playback.unheard_ms / 1000.0
        self.turn_taking.audio_wait.prompt_queued(ends_at)
        due = self.timers.due(Timer.FIRST_AUDIO)
        if due is None:
            return
        self.fill_after_playback(now)
        if not self.stored_prompts.is_filler(item_id):
            self.timers.set(Timer.FIRST_AUDIO, max(due, ends_at + self.plan.timing.least_audio_s))

    def fill_after_playback(self, now: float) -> None:
        """Have the next filler heard if nothing follows what is being played now."""
        self.timers.set(Timer.FILLER, now + self.playback.unheard_ms / 1000.0 + self.plan.timing.filler_s)

    def expect_end(self, now: float) -> None:
        """Wait for the end of the response that is being heard, until a little after its audio has been played."""
        self.timers.set(Timer.RESPONSE_END, max(self.playback.ends_at, now) + self.plan.timing.response_end_s)

    def expect_heard(self, now: float) -> None:
        """Wait for the mark behind all audio sent so far, not longer than the audio and a little grace."""
        self.timers.set(Timer.HEARD, now + self.playback.unheard_ms / 1000.0 + self.plan.timing.mark_grace_s)

    def play(self, key: str, now: float) -> PlayStored:
        """Play the stored prompt with that key, and wait for its end."""
        self._expect_prompt(now)
        return self.stored_prompts.play(key)

    def play_filler(self, now: float) -> PlayStored:
        """Play the next filler, and wait for its end."""
        self._expect_prompt(now)
        return self.stored_prompts.play_filler()

    def _expect_prompt(self, now: float) -> None:
        self.timers.set(Timer.HEARD, now + _LONGEST_PROMPT_S)  # until `StoredPromptQueued` tells its length
