"""The dialer worker's settings."""

from pydantic import Field

from shared.setting_groups import (
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
    """All that the supervisor, its workers and its ticker read.

    One worker process places one call at a time, which takes as long as Twilio takes to answer (about 0.2 s).
    """

    dialer_workers: int = Field(2, ge=1, le=64, examples=["2"])
