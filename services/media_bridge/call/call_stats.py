"""The measurements of one call, for the metrics and for the call's one line in the log."""

from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Final

from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import Prices, TokenUsage
from shared.core.conversation import events as ev
from shared.core.conversation.state.stored_prompts import FILLERS
from shared.core.outcome import Channel, VerdictKind

_MOST_FIRST_AUDIO: Final = 200  # more responses than a call can have


@dataclass(slots=True)
class CallStats:
    """Moments are monotonic seconds. `prices` is None if the model's are not known, `greeting_ms` until the first audio."""

    metrics: BridgeMetrics
    prices: Prices | None
    on_line_at: float
    greeting_ms: int | None = None
    turns: int = 0
    slowest_turn_ms: int = 0
    barge_ins: int = 0
    slowest_clear_ms: float = 0.0
    fillers: int = 0
    first_audio_ms: list[int] = field(default_factory=list)
    usage: TokenUsage = field(default_factory=TokenUsage)
    verdict: VerdictKind | None = None
    _is_mute: bool = False  # a response runs, and none of its audio has come
    _speech_ended_at: float | None = None  # None: no speech of the customer's waits for an answer
    _asked: tuple[str, float] | None = None  # what the model was given last, and when; None: it has been heard since

    @property
    def cost(self) -> Decimal | None:
        """What the tokens cost so far in US dollars; None if the model's prices are not known."""
        return self.prices.cost(self.usage) if self.prices is not None else None

    def note(self, event: ev.Event, now: float) -> None:
        """Take note of an event, received at `now` (monotonic seconds)."""
        match event:
            case ev.SpeechStopped():
                self._speech_ended_at = now
                self._asked = ("speech", now)
            case ev.SpeechStarted():
                self._asked = None
            case ev.ResponseStarted():
                self._is_mute = True
            case ev.ToolCallFinished():
                self._is_mute = False
            case ev.AudioBegan():
                self._is_mute = False
                self._note_first_audio(now)
                self._note_audio(now)
            case ev.ResponseDone():
                self._note_end(event)
            case _:
                pass

    def note_request(self, now: float) -> None:
        """Take note that the model was asked for a response, unless it has been given words or a tool's result meanwhile."""
        self._asked = self._asked or ("request", now)

    def note_tool_answer(self, now: float) -> None:
        """Take note that a tool's result was returned to the model, which has to think again."""
        self._asked = ("tool", now)

    def note_prompt(self, key: str) -> None:
        """Take note of a stored prompt that is played."""
        if key in FILLERS:
            self.fillers += 1
            self.metrics.model.fillers.inc()

    def first_audio_at(self, share: float) -> int | None:
        """Return the first-audio time in milliseconds that `share` (0 to 1) of the responses did not exceed; None without any."""
        times = sorted(self.first_audio_ms)
        return times[max(0, ceil(share * len(times)) - 1)] if times else None

    def note_verdict(self, kind: VerdictKind, channel: Channel) -> None:
        """Take note of a decision."""
        self.verdict = kind
        self.metrics.calls.verdicts.labels(outcome=kind.value, channel=channel.value).inc()

    def note_clear(self, took_s: float) -> None:
        """Take note of a `clear` that was sent `took_s` seconds after what caused it was received."""
        self.barge_ins += 1
        self.slowest_clear_ms = max(self.slowest_clear_ms, round(took_s * 1000, 2))
        self.metrics.calls.barge_ins.inc()
        self.metrics.calls.clear.observe(took_s)

    def _note_end(self, done: ev.ResponseDone) -> None:
        """Count a response that nobody cut off and that had neither a sound nor a tool call."""
        was_cut_off = done.status in {ev.ResponseStatus.CANCELLED, ev.ResponseStatus.FAILED}
        if self._is_mute and not was_cut_off and not done.tool_calls:
            self.metrics.model.silent_responses.labels(status=done.status.name.lower()).inc()
        self._is_mute = False

    def _note_first_audio(self, now: float) -> None:
        if self._asked is None:
            return
        after, asked_at = self._asked
        self._asked = None
        self.metrics.model.first_audio.labels(after=after).observe(now - asked_at)
        if len(self.first_audio_ms) < _MOST_FIRST_AUDIO:
            self.first_audio_ms.append(int((now - asked_at) * 1000))

    def _note_audio(self, now: float) -> None:
        if self.greeting_ms is None:
            self.greeting_ms = int((now - self.on_line_at) * 1000)
            self.metrics.calls.greeting.observe(now - self.on_line_at)
        elif self._speech_ended_at is not None:
            took_s = now - self._speech_ended_at
            self.turns += 1
            self.slowest_turn_ms = max(self.slowest_turn_ms, int(took_s * 1000))
            self.metrics.calls.turn.observe(took_s)
        self._speech_ended_at = None
