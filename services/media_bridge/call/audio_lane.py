"""The audio lane: sound goes from one leg to the other as it is, and what the caller has heard is kept count of.

Nothing here awaits, starts a task, logs, or grows with the call. Whatever happens a few times a turn at most is the
control lane's (`call.py`).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from services.media_bridge.base64_wire import duration_ms
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.twilio.leg import CallerLeg
from shared.core.conversation.playback import Playback

_HELD_FRAMES = 100  # two seconds


class Recorder(Protocol):
    """Who keeps both sides as they were heard."""

    def customer(self, payload: bytes) -> None:
        """Keep the customer's next audio; its length is the clock."""
        ...

    def agent(self, payload: bytes) -> None:
        """Keep audio that follows all that the agent still has to say."""
        ...

    def clear(self) -> None:
        """Drop what the agent still had to say."""
        ...


class AudioLane:
    """The sound of one call. `on_began(response_id, item_id)` is told of the first audio of each item."""

    __slots__ = (
        "_caller",
        "_clock",
        "_held",
        "_item_id",
        "_on_began",
        "_playback",
        "_recorder",
        "_sounds_before",
        "from_model",
        "muted",
    )

    def __init__(
        self,
        caller: CallerLeg,
        playback: Playback,
        *,
        clock: Callable[[], float],
        on_began: Callable[[str, str], None],
        recorder: Recorder | None,
    ) -> None:
        self._caller = caller
        self._playback = playback
        self._clock = clock
        self._on_began = on_began
        self._recorder = recorder
        self._held: deque[bytes] = deque(maxlen=_HELD_FRAMES)
        self._item_id = ""
        self._sounds_before = caller.sounds
        self.from_model = 0
        self.muted = 0
        self._carry_to(self._held.append)

    @property
    def from_caller(self) -> int:
        """How many of the caller's frames this call has had."""
        return self._caller.sounds - self._sounds_before

    def connect(self, model: ModelLeg) -> None:
        """Let this model hear the caller, first what was said while there was none."""
        self._carry_to(model.append_audio)
        while self._held:
            model.append_audio(self._held.popleft())

    def disconnect(self) -> None:
        """Keep the caller's last two seconds for the next model."""
        self._carry_to(self._held.append)

    def hear_model(self, response_id: str, item_id: str, payload: bytes) -> None:
        """Carry the model's audio to the caller, unless its response was cut off."""
        playback, clock = self._playback, self._clock
        if playback.muted and response_id in playback.muted:
            self.muted += 1
            return
        self.from_model += 1
        self._caller.send_media(payload)
        if playback.append(item_id, duration_ms(payload), clock()):
            self.mark(playback.next_mark())
        if self._recorder is not None:
            self._recorder.agent(payload)
        if item_id != self._item_id:
            self._item_id = item_id
            self._on_began(response_id, item_id)

    def play(self, item_id: str, payload: bytes) -> None:
        """Carry audio of our own to the caller, as a part of the item; that it began, whoever plays it knows."""
        self._item_id = item_id
        self.hear_model("", item_id, payload)

    def mark(self, name: str) -> None:
        """Set a mark behind all that was sent."""
        self._caller.send_mark(name)

    def clear(self) -> None:
        """Silence the line at once."""
        self._caller.send_clear()
        if self._recorder is not None:
            self._recorder.clear()

    def _carry_to(self, take: Callable[[bytes], None]) -> None:
        """Have the caller's audio taken there, straight from the leg unless it is recorded too."""
        recorder = self._recorder
        if recorder is None:
            self._caller.carry = take
            return

        def record(payload: bytes) -> None:
            take(payload)
            recorder.customer(payload)

        self._caller.carry = record
