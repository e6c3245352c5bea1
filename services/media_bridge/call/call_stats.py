"""The measurements of one call, for the metrics and for the call's one line in the log."""

from dataclasses import dataclass, field
from decimal import Decimal

from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import Prices, TokenUsage
from shared.core.conversation import events as ev
from shared.core.outcome import Channel, VerdictKind


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
    model_failures: int = 0
    usage: TokenUsage = field(default_factory=TokenUsage)
    verdict: VerdictKind | None = None
    _is_mute: bool = False  # a response runs, and none of its audio has come
    _speech_ended_at: float | None = None  # None: no speech of the customer's waits for an answer

    @property
    def cost(self) -> Decimal | None:
        """What the tokens cost so far in US dollars; None if the model's prices are not known."""
        return self.prices.cost(self.usage) if self.prices is not None else None

    def note(self, event: ev.Event, now: float) -> None:
        """Take note of an event, received at `now` (monotonic seconds)."""
        match event:
            case ev.SpeechStopped():
                self._speech_ended_at = now
            case ev.ResponseStarted():
                self._is_mute = True
            case ev.AudioBegan():
                self._is_mute = False
                self._note_audio(now)
            case ev.ResponseDone():
                self._note_end(event)
            case ev.ModelLost(reason=reason):
                self.model_failures += 1
                self.metrics.model.failures.labels(reason=reason).inc()
            case _:
                pass

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
