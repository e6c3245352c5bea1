"""A conversation as a script: events at given seconds, and the actions that must come of each."""

from collections.abc import Callable

from shared.core.conversation import events as ev
from shared.core.conversation.actions import Action, PlayStored
from shared.core.conversation.call_plan import Lines, Plan, Proving, Timing
from shared.core.conversation.machine import ConversationMachine
from shared.core.conversation.playback import Playback
from shared.core.conversation.state.conversation_state import State
from shared.core.order import OnMachine
from shared.core.outcome import VerdictKind

LINES = Lines(
    greeting="greeting",
    disclosure="disclosure",
    repeat="repeat",
    not_heard="not heard",
    keypad="keypad",
    wait="I will wait.",
    voicemail="voicemail",
    goodbyes={kind: f"goodbye {kind.value}" for kind in VerdictKind},
    goodbye_undecided="goodbye undecided",
    goodbye_withdrawn="goodbye withdrawn",
)
ENGLISH = Lines(
    greeting="Hello",
    disclosure="A robot.",
    repeat="Again",
    not_heard="Are you there?",
    keypad="Press one",
    wait="I wait.",
    voicemail="Message",
    goodbyes={kind: f"Bye {kind.value}" for kind in VerdictKind},
    goodbye_undecided="Bye undecided",
    goodbye_withdrawn="Bye withdrawn",
)
OF_LANGUAGES = {"sq": LINES, "en": ENGLISH}


class Talk:
    """Drives one machine and stands in for the line: audio is sent and marks are echoed when the test says so."""

    def __init__(
        self,
        *,
        on_machine: OnMachine = OnMachine.HANG_UP,
        timing: Timing | None = None,
        lines: Lines = LINES,
        proving: Proving | None = None,
        lines_in: Callable[[str], Lines | None] = OF_LANGUAGES.get,
    ) -> None:
        self.playback = Playback()
        timing = timing or Timing()
        plan = Plan(lines=lines, language="sq", lines_in=lines_in, timing=timing, on_machine=on_machine, proving=proving)
        self.machine = ConversationMachine(plan, self.playback)
        self._responses = 0

    def is_in(self, state: State) -> bool:
        return self.machine.state is state

    def at(self, now: float, event: ev.Event) -> list[Action]:
        return self.machine.receive(event, now)

    def wait(self) -> tuple[float, list[Action]]:
        """Let time pass to the machine's own deadline."""
        now = self.machine.deadline
        assert now is not None
        return now, self.at(now, ev.DeadlineReached())

    def wait_over_fillers(self) -> tuple[float, list[Action]]:
        """Let time pass to the first deadline at which something else than a filler comes."""
        while True:
            now, actions = self.wait()
            if not all(isinstance(action, PlayStored) and action.key.startswith("filler") for action in actions):
                return now, actions
            for filler in actions:
                assert isinstance(filler, PlayStored)
                self.plays_stored(now, filler.item_id)

    def speaks(self, now: float, *, ms: float = 1000, item: str | None = None) -> list[Action]:
        """The model answers with `ms` of audio and is done; returns what came of it."""
        self._responses += 1
        response, item = f"r{self._responses}", item or f"i{self._responses}"
        actions = self.at(now, ev.ResponseStarted(response))
        actions += self.at(now, ev.AudioBegan(response, item))
        self.playback.append(item, ms, now)
        return actions + self.at(now, ev.ResponseDone(response, ev.ResponseStatus.COMPLETED))

    def calls(self, now: float, name: str, arguments: str, *, ms: float = 0) -> list[Action]:
        """The model calls a tool, with `ms` of speech in the same response."""
        self._responses += 1
        response = f"r{self._responses}"
        actions = self.at(now, ev.ResponseStarted(response))
        if ms:
            actions += self.at(now, ev.AudioBegan(response, f"i{self._responses}"))
            self.playback.append(f"i{self._responses}", ms, now)
        call = ev.ToolCall("call_1", name, arguments)
        return actions + self.at(now, ev.ResponseDone(response, ev.ResponseStatus.COMPLETED, (call,)))

    def hears_all(self, now: float) -> list[Action]:
        """The latest mark comes back, which proves that everything before it has been heard."""
        return self.at(now, ev.MarkEchoed(self.last_mark()))

    def last_mark(self) -> str:
        return f"m{self.playback._mark_count}"

    def plays_stored(self, now: float, item: str, *, ms: float = 1000) -> list[Action]:
        """The bridge hands a stored prompt to Twilio, with a mark behind it."""
        self.playback.append(item, ms, now)
        self.playback.next_mark()
        return self.at(now, ev.StoredPromptQueued(item))


def greeted(*, on_machine: OnMachine = OnMachine.HANG_UP, timing: Timing | None = None, lines: Lines = LINES) -> Talk:
    """A talk whose greeting has been heard, at second 2."""
    talk = Talk(on_machine=on_machine, timing=timing, lines=lines)
    talk.at(0, ev.ModelReady())
    talk.at(0, ev.CalleeOnLine())
    talk.speaks(0.5)
    talk.hears_all(2)
    return talk


def answered(*, lines: Lines = LINES) -> Talk:
    """A greeted talk in which the customer has said something, until second 2.5."""
    talk = greeted(lines=lines)
    talk.at(2.1, ev.SpeechStarted())
    talk.at(2.5, ev.SpeechStopped())
    return talk
