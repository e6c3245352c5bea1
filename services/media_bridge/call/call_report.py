"""What remains of a call that has ended: its part of the metrics, and its one line in the log."""

from time import monotonic

import structlog

from services.media_bridge.call.call import Call, CallEnd
from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.twilio.leg import CallerLeg

log = structlog.get_logger()


def report_call(call: Call, *, leg: CallerLeg, stats: CallStats, end: CallEnd | None) -> None:
    """Add the call to the metrics, and write its line. `end` is None if the call failed."""
    _count(call, leg=leg, stats=stats, end=end)
    lane, usage, model = call.lane, stats.usage, call.model
    log.info(
        "call_ended",
        reason=_reason(end),
        result=end.conclusion.value if end is not None and end.conclusion is not None else None,
        verdict=stats.verdict.value if stats.verdict is not None else None,
        duration_ms=int((monotonic() - stats.on_line_at) * 1000),
        greeting_ms=stats.greeting_ms,
        turns=stats.turns,
        slowest_turn_ms=stats.slowest_turn_ms,
        barge_ins=stats.barge_ins,
        slowest_clear_ms=stats.slowest_clear_ms,
        first_audio_p50_ms=stats.first_audio_at(0.5),
        first_audio_p95_ms=stats.first_audio_at(0.95),
        slowest_first_audio_ms=stats.first_audio_at(1.0),
        fillers=stats.fillers,
        model_failures=len(call.model_losses),
        model_losses=call.model_losses,
        frames_in=lane.from_caller,
        frames_out=lane.from_model,
        frames_muted=lane.muted,
        frames_silent=lane.silent,
        frames_dropped=leg.dropped + model.dropped,
        unreadable=leg.unreadable + model.unreadable,
        keys_ignored=leg.ignored,
        audio_token_count=usage.audio_in + usage.audio_cached + usage.audio_out,
        text_token_count=usage.text_in + usage.text_cached + usage.text_out,
        cost_usd=float(stats.cost) if stats.cost is not None else None,
    )


def _count(call: Call, *, leg: CallerLeg, stats: CallStats, end: CallEnd | None) -> None:
    metrics, lane, model = stats.metrics, call.lane, call.model
    metrics.messages.frames.labels(direction="to_model").inc(lane.from_caller)
    metrics.messages.frames.labels(direction="to_caller").inc(lane.from_model)
    metrics.messages.silent.inc(lane.silent)
    metrics.messages.dropped.labels(direction="to_model").inc(model.dropped)
    if leg.has_ended:
        metrics.messages.dropped.labels(direction="to_caller").inc(leg.dropped)
        metrics.messages.unreadable.labels(peer="twilio").inc(leg.unreadable)
        metrics.messages.ignored.inc(leg.ignored)
    metrics.messages.unreadable.labels(peer="openai").inc(model.unreadable)
    for reason in call.model_losses:
        metrics.model.failures.labels(reason=reason).inc()
    metrics.calls.ended.labels(end=_reason(end)).inc()
    outcome = stats.verdict.value if stats.verdict is not None else "none"
    metrics.calls.outcomes.labels(outcome=outcome).inc()
    if stats.cost is not None:
        metrics.model.cost.labels(outcome=outcome).inc(float(stats.cost))


def _reason(end: CallEnd | None) -> str:
    return end.reason if end is not None else "failed"
