"""The agent's voice: one response of the model at a time, what is wanted next, and how it is cut off."""

from dataclasses import dataclass
from enum import Enum, auto

from shared.core.conversation.actions import (
    Action,
    CancelResponse,
    ClearPlayback,
    Respond,
    Say,
    TruncateItem,
)
from shared.core.conversation.playback import Playback


class Purpose(Enum):
    """Why a response is wanted."""

    GREETING = auto()
    ANSWER = auto()
    NUDGE = auto()  # a prompt into silence
    GOODBYE = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """A response that we want."""

    purpose: Purpose
    order: Say | Respond


@dataclass(slots=True)
class Running:
    """The response that runs now; `wish` is None for the model's own answer to a turn."""

    response_id: str
    wish: Wish | None
    item_ids: list[str]


class Speaker:
    """Keeps the model to one response at a time: wishes wait until the running one is done."""

    __slots__ = ("_asked", "_cancel_on_start", "_playback", "_wish", "is_ready", "running")

    def __init__(self, playback: Playback) -> None:
        self._playback = playback
        self._wish: Wish | None = None
        self._asked: Wish | None = None
        self._cancel_on_start = False
        self.running: Running | None = None
        self.is_ready = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is wanted, asked for or running."""
        return self._wish is None and self._asked is None and self.running is None

    def want(self, wish: Wish) -> list[Action]:
        """Ask for a response as soon as the line to the model is free; the newest wish replaces one that still waits."""
        self._wish = wish
        if self.running is not None and self.running.wish is None:
            return self._cut(self.running)
        return self._release()

    def started(self, response_id: str) -> list[Action]:
        """Note that a response runs. One we no longer want is cancelled by its id: before it started that did nothing."""
        wish, self._asked = self._asked, None
        self.running = running = Running(response_id, wish, [])
        if self._cancel_on_start or self._wish is not None:
            self._cancel_on_start = False
            return self._cut(running)
        return []

    def done(self, response_id: str) -> list[Action]:
        """Note that the response is complete, and release the wish that waited for it."""
        if self.running is not None and self.running.response_id == response_id:
            self.running = None
        return self._release()

    def refused(self) -> list[Action]:
        """Our request met a response of the model's own, which gives way; what we asked for waits for its end."""
        missed, self._asked = self._asked, None
        if missed is None and self.running is not None:  # the other one was taken for ours when it started
            missed, self.running.wish = self.running.wish, None
        if self._wish is None:
            self._wish = missed
        return self._release() if self.running is None else self._cut(self.running)

    def reset(self) -> None:
        """Forget what the lost session was doing; what was wanted is lost with it."""
        self._wish = self._asked = self.running = None
        self._cancel_on_start = self.is_ready = False

    def ready(self) -> list[Action]:
        """A session stands: ask for what is wanted."""
        self.is_ready = True
        return self._release()

    def hush(self, now: float) -> list[Action]:
        """Silence what is being heard: `clear` first, then tell the model how much of it was heard."""
        if self.running is not None:
            self._playback.mute(self.running.response_id)
        unheard = self._playback.unheard_items(now)
        if not unheard:
            return []
        self._playback.clear(now)
        return [
            ClearPlayback(),
            *(TruncateItem(item) for item in unheard if not _is_stored(item.item_id)),
        ]

    def stop(self, now: float) -> list[Action]:
        """Silence the line and cancel whatever is running or asked for."""
        hushed = self.hush(now)
        self._wish = None
        if self._asked is not None:
            self._cancel_on_start = True
        return hushed if self.running is None else hushed + self._cut(self.running)

    def _cut(self, running: Running) -> list[Action]:
        self._playback.mute(running.response_id)
        return [CancelResponse(running.response_id)]

    def _release(self) -> list[Action]:
        if self._wish is None or self._asked is not None or self.running is not None or not self.is_ready:
            return []
        self._asked, self._wish = self._wish, None
        return [self._asked.order]


STORED_PREFIX = "stored:"


def _is_stored(item_id: str) -> bool:
    """Tell whether the item is one of our own prompts, of which the model knows nothing."""
    return item_id.startswith(STORED_PREFIX)
