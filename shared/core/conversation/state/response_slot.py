"""The one response of the model at a time: what is wanted next, and how the running response is cut off."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from shared.core.conversation.actions import Action, CancelResponse, ClearPlayback, Respond, Say, TruncateItem
from shared.core.conversation.events import ToolCall
from shared.core.conversation.playback import Playback
from shared.core.conversation.state.stored_prompts import is_stored


class Purpose(Enum):
    """Why a response is requested."""

    GREETING = auto()
    ANSWER = auto()
    NUDGE = auto()  # a prompt into silence
    GOODBYE = auto()


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """A response that we want: `action` asks the model for it. `is_second`: the first one ended without a sound."""

    purpose: Purpose
    action: Say | Respond
    is_second: bool = False


@dataclass(frozen=True, slots=True)
class RunningResponse:
    """The response that runs now; `request` is None for the model's own answer to a turn. `calls` are complete."""

    response_id: str
    request: ResponseRequest | None
    has_audio: bool = False
    calls: tuple[ToolCall, ...] = ()

    @property
    def purpose(self) -> Purpose | None:
        """Why we requested it, None for the model's own answer."""
        return self.request.purpose if self.request is not None else None


class ResponseSlot:
    """Keeps the model to one response at a time: a request waits until the running response is done."""

    __slots__ = ("_asked", "_cancel_on_start", "_finished", "_known", "_playback", "_waiting", "has_session", "running")

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._waiting: ResponseRequest | None = None
        self._asked: ResponseRequest | None = None  # sent to the model; its response has not started yet
        self._cancel_on_start = False
        self._known: set[str] = set()  # the responses that have started
        self._finished: set[str] = set()  # those whose end the model has told
        self.running: RunningResponse | None = None
        self.has_session = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits, is asked for or runs."""
        return self._waiting is None and self._asked is None and self.running is None

    @property
    def requested(self) -> ResponseRequest | None:
        """The request that waits or is asked for; None while a response runs."""
        return (self._asked or self._waiting) if self.running is None else None

    @property
    def is_speaking(self) -> bool:
        """Whether audio of the running response has arrived, so that more may follow."""
        return self.running is not None and self.running.has_audio

    def request(self, request: ResponseRequest) -> list[Action]:
        """Ask for a response as soon as no other runs; the newest request replaces one that still waits."""
        self._waiting = request
        if self.running is not None and self.running.request is None:
            return self._cancel(self.running)
        return self._release()

    def started(self, response_id: str) -> list[Action]:
        """Note that a response runs. One that is no longer wanted is cancelled by its id: before it started that did nothing."""
        request, self._asked = self._asked, None
        self._known.add(response_id)
        self.running = running = RunningResponse(response_id, request)
        if self._cancel_on_start or self._waiting is not None:
            self._cancel_on_start = False
            return self._cancel(running)
        return []

    def audio_began(self, response_id: str) -> RunningResponse | None:
        """Note that the running response has audio, and return it; None if none runs. Audio proves a start that was not told."""
        if self._asked is None:
            self._start_untold(response_id)
        if self.running is not None and not self.running.has_audio:
            self.running = replace(self.running, response_id=self.running.response_id or response_id, has_audio=True)
        return self.running

    def call_finished(self, response_id: str, call: ToolCall) -> bool:
        """Note that a call of the running response is complete; False if it is another response's."""
        if self.running is None or response_id not in {"", self.running.response_id}:
            return False
        self.running = replace(self.running, calls=(*self.running.calls, call))
        return True

    def is_finished(self, response_id: str) -> bool:
        """Tell whether the model has told the end of that response already."""
        return response_id in self._finished

    def finished(self, response_id: str) -> RunningResponse | None:
        """Note that the model told a response's end, and return it if it is the running one: an end proves a start, too."""
        if self._asked is not None:
            self._start_untold(response_id)
        self._finished.add(response_id)
        running = self.running
        return running if running is not None and response_id in {"", running.response_id} else None

    def abandon(self) -> list[Action]:
        """Do without the end of the running response: what may still come of it is not heard."""
        abandoned, self.running = self.running, None
        return [*(self._cancel(abandoned) if abandoned is not None else ()), *self._release()]

    def done(self, response_id: str) -> list[Action]:
        """Note that the response is complete, and release the request that waited for it."""
        if self.running is not None and self.running.response_id == response_id:
            self.running = None
        return self._release()

    def refused(self) -> list[Action]:
        """Note that our request met a response of the model's own: that one is cancelled, and the request waits for its end."""
        missed, self._asked = self._asked, None
        self._cancel_on_start = False  # what was to be cancelled will not start
        if missed is None and self.running is not None:  # the other one was taken for ours when it started
            missed, self.running = self.running.request, replace(self.running, request=None)
        if self._waiting is None:
            self._waiting = missed
        return self._release() if self.running is None else self._cancel(self.running)

    def session_lost(self) -> None:
        """Forget what the session was doing; what was requested is lost with it."""
        self._waiting = self._asked = self.running = None
        self._cancel_on_start = self.has_session = False

    def session_ready(self) -> list[Action]:
        """Note that a session stands, and ask it for what is wanted."""
        self.has_session = True
        return self._release()

    def interrupt(self, now: float) -> list[Action]:
        """Silence what is being heard: `clear` first, then tell the model how much of it was heard."""
        if self.running is not None:
            self._playback.mute(self.running.response_id)
        unheard = self._playback.unheard_items(now)
        if not unheard:
            return []
        self._playback.clear(now)
        return [ClearPlayback(), *(TruncateItem(item) for item in unheard if item.item_id and not is_stored(item.item_id))]

    def cancel_all(self, now: float) -> list[Action]:
        """Silence the line and cancel whatever runs, is asked for or waits."""
        silenced = self.interrupt(now)
        self._waiting = None
        if self._asked is not None:
            self._cancel_on_start = True
        return silenced if self.running is None else silenced + self._cancel(self.running)

    def _start_untold(self, response_id: str) -> None:
        """Start a response of which the model did not tell that it started: the event was lost or could not be read."""
        if self.running is None and response_id and response_id not in self._known:
            self.started(response_id)

    def _cancel(self, running: RunningResponse) -> list[Action]:
        self._playback.mute(running.response_id)
        return [CancelResponse(running.response_id)]

    def _release(self) -> list[Action]:
        if self._waiting is None or self._asked is not None or self.running is not None or not self.has_session:
            return []
        self._asked, self._waiting = self._waiting, None
        return [self._asked.action]
