"""The variables that the webhook service reads."""

from pydantic import Field

from shared.settings.environ import Settings
from shared.settings.groups import (
    CallingRules,
    Companies,
    DrainSettings,
    EncryptionSettings,
    InboundSettings,
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
    """The limits on open event streams."""

    event_streams_max: int = Field(500, ge=1, examples=["500"], description="server-sent event streams in one process")
    event_streams_per_shop: int = Field(
        200, ge=1, examples=["200"], description="of these, those of one shop; of its test keys as many again"
    )
    event_streams_per_key: int = Field(100, ge=1, examples=["100"], description="of these, those of one API key")


class WebhookSettings(
    WebhookAddress,
    PublicSettings,
    RedisSettings,
    ShopKeys,
    Companies,
    EncryptionSettings,
    InboundSettings,
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
