"""The media bridge's settings."""

import os
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from services.media_bridge.openai.pricing import DEAREST, PRICES, Prices, parse_prices
from services.media_bridge.openai.requests_wire import AudioSettings
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
from shared.settings.parsers import parse_choice

_MOST_SILENCE_S = 120
_MOST_DEAD_AIR_S = 4
_MOST_WAIT_S = 30
_AFTER_TOOL_S = Timing().tool_audio_s - Timing().first_audio_s


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


def parse_first_audio(text: str) -> tuple[float, float, float]:
    """Return after how many seconds without the agent's voice a filler is heard, the session is given up, and so after a tool call.

    Raises:
        ValueError: They are not two or three numbers that do not fall.
    """
    try:
        filler, lost, *after_tool = (float(word) for word in text.split(","))
    except ValueError:
        raise ValueError("it should be two numbers, or three") from None
    if len(after_tool) > 1:
        raise ValueError("it should be two numbers, or three")
    longest = after_tool[0] if after_tool else lost + _AFTER_TOOL_S
    if not 0 < filler <= _MOST_DEAD_AIR_S:
        raise ValueError(f"the first should be above 0 and at most {_MOST_DEAD_AIR_S}: nobody should hear nothing for longer")
    if not filler < lost <= longest <= _MOST_WAIT_S:
        raise ValueError(f"the second should be above the first, and the third not below it; at most {_MOST_WAIT_S}")
    return filler, lost, longest


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


class SpeechDetectionSettings(Settings):
    """From what on a sound of the customer's is speech, after which silence it has ended, and which noise is removed first."""

    openai_noise_reduction: Annotated[Literal["off", "near_field", "far_field"], BeforeValidator(parse_choice)] = Field(
        "off", examples=["far_field"]
    )
    vad_threshold: float = Field(0.5, ge=0, le=1, allow_inf_nan=False, examples=["0.5"])
    vad_silence_ms: int = Field(500, ge=100, le=2000, examples=["500"])


class PatienceSettings(Settings):
    """How long the agent waits for a silent customer, and the customer for a slow model."""

    first_audio_s: Annotated[tuple[float, float, float], BeforeValidator(parse_first_audio)] = Field(
        (Timing().filler_s, Timing().first_audio_s, Timing().tool_audio_s),
        examples=["3.3,9"],
        description="after the customer's last word: a filler is heard, the session is given up; a third number: after a tool call",
    )
    silence_prompts_s: Annotated[tuple[float, float, float], BeforeValidator(parse_silences)] = Field(
        Timing().silence_s, examples=["6,12,20"], description="the question, the keypad, the goodbye"
    )
    wait_s: float = Field(
        Timing().wait_s, gt=0, le=120, allow_inf_nan=False, examples=["30"], description="for who asked us to wait"
    )


class PriceSettings(Settings):
    """What a million tokens cost in US dollars; None takes the model's list price, or the dearest that we know."""

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
    SpeechDetectionSettings,
    PatienceSettings,
    PriceSettings,
    MediaBridgeAddress,
    DrainSettings,
    LogSettings,
):
    """All that the bridge reads from the environment."""

    @property
    def timing(self) -> Timing:
        """The waits of a conversation; a goodbye is never waited for longer than any other answer."""
        filler_s, first_audio_s, tool_audio_s = self.first_audio_s
        return Timing(
            filler_s=filler_s,
            first_audio_s=first_audio_s,
            tool_audio_s=tool_audio_s,
            goodbye_audio_s=min(Timing().goodbye_audio_s, first_audio_s),
            silence_s=self.silence_prompts_s,
            wait_s=self.wait_s,
        )

    @property
    def prices(self) -> Prices:
        """The prices of the model's tokens, or the dearest that are known."""
        return self.openai_prices or PRICES.get(self.openai_realtime_model, DEAREST)

    @property
    def has_known_prices(self) -> bool:
        """Whether the prices are the model's own, and not the dearest of others."""
        return self.openai_prices is not None or self.openai_realtime_model in PRICES

    @property
    def audio(self) -> AudioSettings:
        """How the agent sounds and hears."""
        reduction = self.openai_noise_reduction
        return AudioSettings(
            voice=self.openai_voice,
            noise_reduction=None if reduction == "off" else reduction,
            vad_threshold=self.vad_threshold,
            vad_silence_ms=self.vad_silence_ms,
        )
