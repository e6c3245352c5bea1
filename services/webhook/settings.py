"""The variables that the webhook service reads."""

from shared.setting_groups import (
    CallingRules,
    DrainSettings,
    LogSettings,
    PublicSettings,
    RedisSettings,
    ShopKeys,
    SoftphoneSettings,
    TokenSettings,
    TwilioAuth,
    WebhookAddress,
)


class WebhookSettings(
    WebhookAddress,
    PublicSettings,
    RedisSettings,
    ShopKeys,
    SoftphoneSettings,
    TokenSettings,
    TwilioAuth,
    CallingRules,
    LogSettings,
    DrainSettings,
):
    """All settings of `python -m services.webhook`."""
