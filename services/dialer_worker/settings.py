"""The dialer worker's settings."""

from pydantic import Field

from shared.settings.groups import (
    DialerAddress,
    DialSettings,
    DrainSettings,
    EncryptionSettings,
    LogSettings,
    PublicSettings,
    RedisSettings,
    TokenSettings,
    TwilioSettings,
    WebhookTargets,
)


class Settings(
    RedisSettings,
    PublicSettings,
    TokenSettings,
    EncryptionSettings,
    TwilioSettings,
    DialSettings,
    DialerAddress,
    DrainSettings,
    LogSettings,
    WebhookTargets,
):
    """All settings that the supervisor, the control process and the workers read.

    Placing a call is mostly waiting for Twilio, about 0.2 s a call, so each worker process places up to `dialer_calls_at_once`
    calls side by side.
    """

    dialer_workers: int = Field(2, ge=1, le=64, examples=["2"])
    dialer_calls_at_once: int = Field(8, ge=1, le=64, examples=["8"])
