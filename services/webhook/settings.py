"""The variables that the webhook service reads."""

from pydantic import Field

from shared.settings.environ import Settings
from shared.settings.groups import (
    CallingRules,
    DrainSettings,
    EncryptionSettings,
    LogSettings,
    PublicSettings,
    RateSettings,
    RedisSettings,
    ShopKeys,
    SoftphoneSettings,
    TokenSettings,
    TwilioAuth,
    WebhookAddress,
    WebhookTargets,
)


class EventStreamSettings(Settings):
    """The limit on open event streams."""

    event_streams_max: int = Field(500, ge=1, examples=["500"], description="server-sent event streams in one process")


class WebhookSettings(
    WebhookAddress,
    PublicSettings,
    RedisSettings,
    ShopKeys,
    EncryptionSettings,
    EventStreamSettings,
    SoftphoneSettings,
    TokenSettings,
    TwilioAuth,
    CallingRules,
    RateSettings,
    WebhookTargets,
    LogSettings,
    DrainSettings,
):
    """All settings of `python -m services.webhook`."""
