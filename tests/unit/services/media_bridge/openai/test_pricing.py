"""Tokens and what they cost."""

from decimal import Decimal

from services.media_bridge.openai.pricing import PRICES, TokenUsage


def test_the_cost_is_the_sum_of_each_kind_at_its_price() -> None:
    usage = TokenUsage(text_in=1000, audio_in=600, text_cached=2000, audio_cached=100, text_out=200, audio_out=1200)
    dollars = (1000 * 4 + 600 * 32 + 2000 * Decimal("0.4") + 100 * Decimal("0.4") + 200 * 24 + 1200 * 64) / 1_000_000
    assert PRICES["gpt-realtime-2.1"].cost(usage) == dollars.quantize(Decimal("0.000001"))


def test_usages_add_up() -> None:
    one = TokenUsage(text_in=1, audio_in=2, text_cached=3, audio_cached=4, text_out=5, audio_out=6)
    assert one + one == TokenUsage(text_in=2, audio_in=4, text_cached=6, audio_cached=8, text_out=10, audio_out=12)
