"""The media bridge's settings."""

from typing import Annotated

from pydantic import Field

from shared.environ import Settings
from shared.setting_groups import (
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


class CapacitySettings(Settings):
    """How much one bridge process takes on."""

    max_streams: int = Field(200, ge=1, examples=["200"], description="calls at once; more are sent to the keypad")
    warm_sessions_max: int = Field(20, ge=1, examples=["20"], description="sessions with OpenAI opened ahead while phones ring")


class TranscriptionSettings(Settings):
    """Who writes the customer's words down."""

    openai_transcription_model: Annotated[str, Field(examples=["gpt-transcribe"])] = "gpt-transcribe"


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
    MediaBridgeAddress,
    DrainSettings,
    LogSettings,
):
    """All that the bridge reads from the environment."""
