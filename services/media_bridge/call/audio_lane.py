"""The audio lane: audio goes from one leg to the other as it is, and the lane keeps count of what the caller has heard.

Nothing here awaits, starts a task, logs, or grows with the call. Whatever happens a few times a turn at most belongs to
the control lane (`call.py`).
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from services.media_bridge.base64_wire import duration_ms, is_silence
from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.twilio.leg import CallerLeg
from services.media_bridge.twilio.outgoing_stream import OutgoingStream
from shared.core.conversation.playback import Playback

_HELD_FRAMES = 100  # two seconds


class Recorder(Protocol):
    """Records both sides as they were heard."""

    def customer(self, payload: bytes) -> None:
        """Add the customer's next audio; its length is the clock."""
        ...

    def agent(self, payload: bytes) -> None:
        """Add audio that the agent plays after all that it still has to play."""
        ...

    def clear(self) -> None:
        """Drop what the agent still had to play."""
        ...


class AudioLane:
    """The audio of one call. `on_began(response_id, item_id)` is called at the first audio of each item.

    The model's digital silence before that is no audio: it is left out, and `silent` counts its messages.
    """

    __slots__ = (
        "_audible",
        "_caller",
        "_clock",
        "_held",
        "_item_id",
        "_on_began",
        "_outgoing",
        "_playback",
        "_received_before",
        "_recorder",
        "from_model",
        "muted",
        "silent",
    )

    def __init__(
        self,
        caller: CallerLeg,
        outgoing: OutgoingStream,
        playback: Playback,
        *,
        clock: Callable[[], float],
        on_began: Callable[[str, str], None],
        recorder: Recorder | None,
    ) -> None:
        self._caller = caller
        self._outgoing = outgoing
        self._playback = playback
        self._clock = clock
        self._on_began = on_began
        self._recorder = recorder  # None: this call is not recorded
        self._held: deque[bytes] = deque(maxlen=_HELD_FRAMES)
        self._item_id: str | None = None  # the item whose audio was sent last
        self._audible: set[str] = set()  # all items whose audio has begun
        self._received_before = caller.received_frames
        self.from_model = 0
        self.muted = 0
        self.silent = 0
        self.disconnect()

    @property
    def from_caller(self) -> int:
        """How many of the caller's frames this call has had."""
        return self._caller.received_frames - self._received_before

    def connect(self, model: ModelLeg) -> None:
        """Send the caller's audio to this model, first what was held while there was none."""
        self._route_caller_audio(model.append_audio)
        while self._held:
            model.append_audio(self._held.popleft())

    def disconnect(self) -> None:
        """Hold the caller's last two seconds for the next model."""
        self._route_caller_audio(self._held.append)

    def on_model_audio(self, response_id: str, item_id: str, payload: bytes) -> None:
        """Send the model's audio to the caller, unless its response was cut off. `ModelLeg` calls this with each audio event."""
        playback, clock = self._playback, self._clock
        if playback.muted and response_id in playback.muted:
            self.muted += 1
            return
        is_first = item_id != self._item_id and item_id not in self._audible
        if is_first and is_silence(payload):
            self.silent += 1
            playback.skip(item_id, duration_ms(payload))
            return
        self.from_model += 1
        self._item_id = item_id
        self._outgoing.send_media(payload)
        if playback.append(item_id, duration_ms(payload), clock()):
            self.mark(playback.next_mark())
        if self._recorder is not None:
            self._recorder.agent(payload)
        if is_first:
            self._audible.add(item_id)
            self._on_began(response_id, item_id)

    def play(self, item_id: str, payload: bytes) -> None:
        """Send audio of our own to the caller, as a part of the item; `on_began` is not called for it."""
        self._audible.add(item_id)
        self.on_model_audio("", item_id, payload)

    def mark(self, name: str) -> None:
        """Set a mark behind all that was sent."""
        self._outgoing.send_mark(name)

    def clear(self) -> None:
        """Silence the line at once."""
        self._outgoing.send_clear()
        if self._recorder is not None:
            self._recorder.clear()

    def _route_caller_audio(self, take: Callable[[bytes], None]) -> None:
        """Give the caller's audio to `take`, straight from the leg unless it is recorded too."""
        recorder = self._recorder
        if recorder is None:
            self._caller.route_audio(take)
            return

        def record(payload: bytes) -> None:
            take(payload)
            recorder.customer(payload)

        self._caller.route_audio(record)
