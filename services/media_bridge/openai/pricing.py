"""The cost of the speech model's tokens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_MILLION = Decimal(1_000_000)
_AMOUNT = r"(\d{1,6}(?:\.\d{1,6})?)"
_PRICE_LIST = re.compile(rf"(audio|text):{_AMOUNT}/{_AMOUNT}/{_AMOUNT}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of one or more responses; the cached ones are not among `text_in` and `audio_in`."""

    text_in: int = 0
    audio_in: int = 0
    text_cached: int = 0
    audio_cached: int = 0
    text_out: int = 0
    audio_out: int = 0

    def __add__(self, other: "TokenUsage") -> "TokenUsage":
        return TokenUsage(
            text_in=self.text_in + other.text_in,
            audio_in=self.audio_in + other.audio_in,
            text_cached=self.text_cached + other.text_cached,
            audio_cached=self.audio_cached + other.audio_cached,
            text_out=self.text_out + other.text_out,
            audio_out=self.audio_out + other.audio_out,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars for a million tokens of each kind."""

    text_in: Decimal
    audio_in: Decimal
    text_cached: Decimal
    audio_cached: Decimal
    text_out: Decimal
    audio_out: Decimal

    def cost(self, usage: TokenUsage) -> Decimal:
        """Return the price of `usage` in US dollars, to the millionth."""
        total = (
            self.text_in * usage.text_in
            + self.audio_in * usage.audio_in
            + self.text_cached * usage.text_cached
            + self.audio_cached * usage.audio_cached
            + self.text_out * usage.text_out
            + self.audio_out * usage.audio_out
        )
        return (total / _MILLION).quantize(Decimal("0.000001"))


def _prices(text: tuple[str, str, str], audio: tuple[str, str, str]) -> Prices:
    text_in, text_cached, text_out = map(Decimal, text)
    audio_in, audio_cached, audio_out = map(Decimal, audio)
    return Prices(
        text_in=text_in,
        audio_in=audio_in,
        text_cached=text_cached,
        audio_cached=audio_cached,
        text_out=text_out,
        audio_out=audio_out,
    )


def parse_prices(text: str) -> Prices:
    """Return the prices in `audio:IN/CACHED/OUT,text:IN/CACHED/OUT`.

    Raises:
        ValueError: The text has another form.
    """
    found = [_PRICE_LIST.fullmatch(part.strip()) for part in text.split(",")]
    lists = {match[1]: (match[2], match[3], match[4]) for match in found if match is not None}
    if None in found or len(found) != len(lists) or len(lists) != 2:  # noqa: PLR2004 - audio and text
        raise ValueError("it should be audio:in/cached/out,text:in/cached/out in US dollars")
    return _prices(text=lists["text"], audio=lists["audio"])


PRICES: Mapping[str, Prices] = {
    "gpt-realtime-2.1": _prices(text=("4", "0.40", "24"), audio=("32", "0.40", "64")),
    "gpt-realtime-2": _prices(text=("4", "0.40", "24"), audio=("32", "0.40", "64")),
    "gpt-realtime-2.1-mini": _prices(text=("0.60", "0.06", "2.40"), audio=("10", "0.30", "20")),
    "gpt-realtime-1.5": _prices(text=("4", "0.40", "16"), audio=("32", "0.40", "64")),
}
"""OpenAI's list prices, by model. Source: OpenAI docs, "Pricing", seen in November 2026."""


def _dearest() -> Prices:
    """Return the highest known price of each kind of token."""
    every = PRICES.values()
    return Prices(
        text_in=max(prices.text_in for prices in every),
        audio_in=max(prices.audio_in for prices in every),
        text_cached=max(prices.text_cached for prices in every),
        audio_cached=max(prices.audio_cached for prices in every),
        text_out=max(prices.text_out for prices in every),
        audio_out=max(prices.audio_out for prices in every),
    )


DEAREST = _dearest()
"""What a model whose prices nobody knows is reckoned at: one that costs nothing would never reach a spend limit."""
