"""The media bridge's settings."""

import os
from typing import Annotated

from pydantic import BeforeValidator, Field

from services.media_bridge.openai.pricing import PRICES, Prices, parse_prices
from shared.core.conversation.call_plan import Timing
from shared.settings.environ import Settings
from shared.settings.groups import (
    CallingRules,
    DrainSettings,
    LogSettings,
    MediaBridgeAddress,
    OpenAISettings,
    PublicSettings,
    RedisSettings,
    StreamSettings,
    TokenSettings,
    TwilioAuth,
)

_MOST_SILENCE_S = 120


def parse_silences(text: str) -> tuple[float, float, float]:
    """Return after how many seconds of silence the question, the keypad prompt and the goodbye come.

    Raises:
        ValueError: They are not three increasing numbers.
    """
    try:
        first, second, third = (float(word) for word in text.split(","))
    except ValueError:
        raise ValueError("it should be three numbers") from None
    if not 0 < first < second < third <= _MOST_SILENCE_S:
        raise ValueError(f"each should be later than the one before, the last at most {_MOST_SILENCE_S}")
    return first, second, third


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


class CapacitySettings(Settings):
    """How many processes the bridge has, and how many streams and waiting sessions each of them."""

    media_bridge_processes: int = Field(default_factory=cores, ge=1, le=256, examples=["2"], description="one a core")
    max_streams: int = Field(200, ge=1, examples=["200"], description="calls at once; more are sent to the keypad")
    warm_sessions_max: int = Field(
        20,
        ge=0,
        examples=["20"],
        description="sessions with OpenAI opened ahead while phones ring; with 0 each call opens its own, which names its customer "
        "by a keyed hash of the number",
    )


class TranscriptionSettings(Settings):
    """The model that transcribes the customer's words."""

    openai_transcription_model: Annotated[str, Field(examples=["gpt-transcribe"])] = "gpt-transcribe"


class PatienceSettings(Settings):
    """How long the agent waits for a silent customer."""

    silence_prompts_s: Annotated[tuple[float, float, float], BeforeValidator(parse_silences)] = Field(
        Timing().silence_s, examples=["6,12,20"], description="the question, the keypad, the goodbye"
    )
    wait_s: float = Field(
        Timing().wait_s, gt=0, le=120, allow_inf_nan=False, examples=["30"], description="for who asked us to wait"
    )


class PriceSettings(Settings):
    """What a million tokens cost in US dollars; None takes the model's list price, if we know it."""

    openai_prices: Annotated[Prices | None, BeforeValidator(parse_prices)] = Field(
        None, examples=["audio:32/0.40/64,text:4/0.40/24"], description="in/cached/out"
    )


class BridgeSettings(
    RedisSettings,
    PublicSettings,
    TokenSettings,
    OpenAISettings,
    TwilioAuth,
    CallingRules,
    StreamSettings,
    CapacitySettings,
    TranscriptionSettings,
    PatienceSettings,
    PriceSettings,
    MediaBridgeAddress,
    DrainSettings,
    LogSettings,
):
    """All that the bridge reads from the environment."""

    @property
    def prices(self) -> Prices | None:
        """The prices of the model's tokens; None if they are not known."""
        return self.openai_prices or PRICES.get(self.openai_realtime_model)
