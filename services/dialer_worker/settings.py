"""The dialer worker's settings."""

from pydantic import Field

from shared.settings.groups import (
    DialerAddress,
    DialSettings,
    DrainSettings,
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
    TwilioSettings,
    DialSettings,
    DialerAddress,
    DrainSettings,
    LogSettings,
    WebhookTargets,
):
    """All that the supervisor, its workers and the front process read.

    A worker process waits for Twilio, about 0.2 s a call, with as many calls side by side as `dialer_calls_at_once` says.
    """

    dialer_workers: int = Field(2, ge=1, le=64, examples=["2"])
    dialer_calls_at_once: int = Field(8, ge=1, le=64, examples=["8"])
