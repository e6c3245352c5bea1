"""What a call is measured by."""

from decimal import Decimal

from prometheus_client import CollectorRegistry

from services.media_bridge.call.call_stats import CallStats
from services.media_bridge.metrics import BridgeMetrics
from services.media_bridge.openai.pricing import PRICES, TokenUsage
from shared.core.conversation import events as ev
from shared.core.outcome import Channel, VerdictKind


def stats_of(model: str = "gpt-realtime-2.1") -> tuple[CallStats, CollectorRegistry]:
    registry = CollectorRegistry()
    return CallStats(BridgeMetrics(registry), PRICES.get(model), on_line_at=10.0), registry


def test_the_first_sound_is_the_greeting_and_later_ones_answers() -> None:
    noted, registry = stats_of()
    for event, at in (
        (ev.AudioBegan("r1", "i1"), 10.2),
        (ev.SpeechStopped(), 12.0),
        (ev.AudioBegan("r2", "i2"), 12.7),
        (ev.AudioBegan("r3", "i3"), 15.0),
    ):
        noted.note(event, at)
    assert (noted.greeting_ms, noted.turns, noted.slowest_turn_ms) == (199, 1, 699)
    assert registry.get_sample_value("bridge_turn_seconds_count") == 1


def test_a_barge_in_is_counted_with_its_delay() -> None:
    noted, registry = stats_of()
    noted.note_clear(0.0012)
    assert (noted.barge_ins, noted.slowest_clear_ms) == (1, 1.2)
    assert registry.get_sample_value("bridge_barge_ins_total") == 1


def test_decisions_are_counted() -> None:
    noted, registry = stats_of()
    noted.note_verdict(VerdictKind.CONFIRMED, Channel.VOICE)
    assert noted.verdict is VerdictKind.CONFIRMED
    assert registry.get_sample_value("bridge_verdicts_total", {"outcome": "confirmed", "channel": "voice"}) == 1


def test_first_audio_is_measured_from_what_the_model_was_given_last() -> None:
    noted, registry = stats_of()
    noted.note_request(10.0)
    noted.note(ev.AudioBegan("r1", "i1"), 11.0)
    noted.note(ev.SpeechStopped(), 20.0)
    noted.note_request(22.0)  # the model had no answer of its own
    noted.note(ev.AudioBegan("r2", "i2"), 23.5)
    noted.note(ev.AudioBegan("r2", "i3"), 25.0)  # a second item of the same response
    noted.note(ev.SpeechStopped(), 30.0)
    noted.note_tool_answer(31.0)
    noted.note_request(31.0)
    noted.note(ev.AudioBegan("r4", "i4"), 33.0)
    noted.note(ev.SpeechStopped(), 40.0)
    noted.note(ev.SpeechStarted(), 41.0)
    noted.note(ev.AudioBegan("r5", "i5"), 42.0)
    assert noted.first_audio_ms == [1000, 3500, 2000]
    assert [noted.first_audio_at(share) for share in (0.5, 0.95, 1.0)] == [2000, 3500, 3500]
    sums = {after: registry.get_sample_value("bridge_first_audio_seconds_sum", {"after": after}) for after in ("speech", "tool")}
    assert sums == {"speech": 3.5, "tool": 2.0}


def test_a_call_without_a_word_of_the_model_has_no_first_audio() -> None:
    assert stats_of()[0].first_audio_at(0.5) is None


def test_fillers_are_counted_and_other_stored_prompts_are_not() -> None:
    noted, registry = stats_of()
    for key in ("filler_1", "keypad", "filler_2"):
        noted.note_prompt(key)
    assert noted.fillers == 2
    assert registry.get_sample_value("bridge_fillers_total") == 2


def test_the_cost_is_known_where_the_price_is() -> None:
    noted, _ = stats_of()
    noted.usage += TokenUsage(audio_out=1_000_000)
    assert noted.cost == Decimal(64)
    unknown, _ = stats_of("a-model-of-tomorrow")
    assert unknown.cost is None


def test_responses_without_a_sound_are_counted_by_how_they_ended() -> None:
    noted, registry = stats_of()
    call = (ev.ToolCall("c", "end_call", "{}"),)
    for status, calls in (
        (ev.ResponseStatus.COMPLETED, ()),
        (ev.ResponseStatus.INCOMPLETE, ()),
        (ev.ResponseStatus.CANCELLED, ()),
        (ev.ResponseStatus.COMPLETED, call),
    ):
        noted.note(ev.ResponseStarted("r"), 11.0)
        noted.note(ev.ResponseDone("r", status, calls), 11.5)
    noted.note(ev.ResponseStarted("s"), 12.0)
    noted.note(ev.AudioBegan("s", "i"), 12.1)
    noted.note(ev.ResponseDone("s", ev.ResponseStatus.COMPLETED), 12.2)
    assert registry.get_sample_value("bridge_model_silent_responses_total", {"status": "completed"}) == 1
    assert registry.get_sample_value("bridge_model_silent_responses_total", {"status": "incomplete"}) == 1
    assert registry.get_sample_value("bridge_model_silent_responses_total", {"status": "cancelled"}) is None
