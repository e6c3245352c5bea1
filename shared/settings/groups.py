"""The settings in groups; each service's `Settings` inherits the groups that it uses."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from shared.core.dialing.caps import CallCap, SpendLimit
from shared.core.order import Window
from shared.settings.environ import KEY_COMMAND, Settings
from shared.settings.parsers import (
    RETRY_DELAYS_S,
    WORKING_DAYS,
    Bind,
    Rate,
    parse_bind,
    parse_call_cap,
    parse_choice,
    parse_companies,
    parse_countries,
    parse_days,
    parse_encryption_keys,
    parse_folder,
    parse_http_origin,
    parse_language,
    parse_phone_numbers,
    parse_rate,
    parse_redis_url,
    parse_retry_delays,
    parse_rotated_secret,
    parse_shop_keys,
    parse_signing_secret,
    parse_spend_limit,
    parse_switch,
    parse_timezone,
    parse_websocket_url,
    parse_window,
    rotated,
)
from shared.twilio.callback_urls import CallbackUrls

Address = Annotated[Bind, BeforeValidator(parse_bind)]
Origin = Annotated[str, BeforeValidator(parse_http_origin)]
Switch = Annotated[bool, BeforeValidator(parse_switch)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

RANDOM_KEY = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
"""Prints a key for a shop or for signatures."""
RANDOM_ENCRYPTION_KEY = "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
"""Prints a key for `ENCRYPTION_KEYS`."""


class RedisSettings(Settings):
    """Where the store is."""

    redis_url: Annotated[SecretStr, BeforeValidator(parse_redis_url)] = Field(
        SecretStr("redis://127.0.0.1:6379/0"), examples=["redis://127.0.0.1:6379/0"]
    )


class PublicSettings(Settings):
    """The origin at which Twilio reaches us, without a slash at its end."""

    public_url: Origin = Field(examples=["https://calls.shop.example"])

    @property
    def stream_url(self) -> str:
        """The media stream's URL: `https` becomes `wss`, `http` becomes `ws`."""
        return CallbackUrls(self.public_url).stream


class ShopKeys(Settings):
    """The shops' API keys."""

    api_keys: Annotated[Mapping[str, str], BeforeValidator(parse_shop_keys)] = Field(
        repr=False,
        examples=["shopaz:KEY,gjirafa:KEY"],
        description="shop by key",
        json_schema_extra={KEY_COMMAND: RANDOM_KEY},
    )


class Companies(Settings):
    """The companies that each shop's orders may name; orders of a shop that is not listed may name any."""

    companies: Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(parse_companies)] = Field(
        default_factory=dict, examples=["shopaz:Shopaz|Shopaz Outlet,gjirafa:Gjirafa50.com"], description="names by shop"
    )


class RateSettings(Settings):
    """How many requests one API key may make; None sets no limit."""

    rate_limit: Annotated[Rate | None, BeforeValidator(parse_rate)] = Field(
        Rate(120_000, 60), examples=["600/60"], description="requests/seconds"
    )


class InboundSettings(Settings):
    """What the number of a customer who phones us counts for: anybody can send any number."""

    inbound_proof: Switch = Field(
        default=True, examples=["on"], description="the end of the order's id is asked for; off trusts the number"
    )
    max_inbound_per_number: Annotated[CallCap | None, BeforeValidator(parse_call_cap)] = Field(
        CallCap(10, 86_400), examples=["10/86400"], description="calls/seconds over all shops"
    )


class TokenSettings(Settings):
    """The secret that signs stream tokens; `new,old` while it is being replaced."""

    signing_secret: Annotated[SecretStr, BeforeValidator(parse_signing_secret)] = Field(
        examples=["KEY"], json_schema_extra={KEY_COMMAND: RANDOM_KEY}
    )

    @property
    def signing_secrets(self) -> tuple[str, ...]:
        """The secrets of which a token may be; the first signs."""
        return rotated(self.signing_secret.get_secret_value())


class EncryptionSettings(Settings):
    """The keys with which secrets are sealed in Redis: the first seals, all open."""

    encryption_keys: Annotated[tuple[str, ...], BeforeValidator(parse_encryption_keys)] = Field(
        repr=False, examples=["KEY"], json_schema_extra={KEY_COMMAND: RANDOM_ENCRYPTION_KEY}
    )


class OpenAISettings(Settings):
    """The speech model, and the server on which it runs."""

    openai_api_key: SecretStr = Field(examples=["sk-..."])
    openai_realtime_url: Annotated[str, BeforeValidator(parse_websocket_url)] = Field(
        "wss://api.openai.com/v1/realtime", examples=["wss://api.openai.com/v1/realtime"]
    )
    openai_realtime_model: str = Field("gpt-realtime-2.1", examples=["gpt-realtime-2.1"])
    openai_voice: str = Field("marin", examples=["marin"])


class TwilioAuth(Settings):
    """The secret with which Twilio signs its requests; `new,old` while it is being replaced."""

    twilio_auth_token: Annotated[SecretStr, BeforeValidator(parse_rotated_secret)] = Field(
        examples=["the-token-beside-the-account-sid"]
    )

    @property
    def twilio_auth_tokens(self) -> tuple[str, ...]:
        """The tokens with which Twilio may sign; the first is sent to Twilio."""
        return rotated(self.twilio_auth_token.get_secret_value())


class TwilioSettings(TwilioAuth):
    """The account at Twilio, and the origin of its REST API."""

    twilio_account_sid: str = Field(pattern=r"^AC[0-9A-Za-z_]+$", examples=["AC" + "0" * 32])
    twilio_api_url: Origin = Field("https://api.twilio.com", examples=["https://api.twilio.com"])


class LocaleSettings(Settings):
    """The language and time zone for customers of whom neither the order nor the number tells one."""

    default_language: Annotated[str, BeforeValidator(parse_language)] = Field("sq", examples=["sq"])
    default_timezone: Annotated[str, BeforeValidator(parse_timezone)] = Field("Europe/Tirane", examples=["Europe/Tirane"])


class CallingRules(LocaleSettings):
    """Which customers may be called, when and how often; `call_days` holds 0 (Monday) to 6."""

    call_window: Annotated[Window, BeforeValidator(parse_window)] = Field(parse_window("09:00-20:00"), examples=["09:00-20:00"])
    call_days: Annotated[frozenset[int], BeforeValidator(parse_days)] = Field(WORKING_DAYS, examples=["mon-sat"])
    call_holidays: Switch = Field(default=False, examples=["off"])
    allowed_countries: Annotated[frozenset[str], BeforeValidator(parse_countries)] = Field(
        frozenset({"XK", "AL", "MK"}), examples=["XK,AL,MK"], description="{'*'} allows all"
    )
    max_attempts: int = Field(3, ge=1, examples=["3"])
    max_calls_per_number: Annotated[CallCap | None, BeforeValidator(parse_call_cap)] = Field(
        CallCap(6, 86_400), examples=["6/86400"], description="calls/seconds"
    )
    spend_limit_usd: Annotated[SpendLimit | None, BeforeValidator(parse_spend_limit)] = Field(
        SpendLimit(Decimal(100), 86_400), examples=["100/86400"], description="dollars/seconds"
    )
    carrier_usd_per_minute: Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)] = Field(Decimal("0.30"), examples=["0.30"])
    retry_delays: Annotated[Mapping[str, int], BeforeValidator(parse_retry_delays)] = Field(
        RETRY_DELAYS_S,
        examples=["busy:300,no_answer:1800"],
        description="seconds by attempt result; a result that is not named keeps its default",
    )
    ring_timeout_s: int = Field(25, ge=5, le=600, examples=["25"])
    call_time_limit_s: int = Field(180, ge=1, le=14400, examples=["180"])
    hangup_grace_s: Seconds = Field(10, examples=["10"])
    reconcile_after_s: Seconds = Field(300, examples=["300"])
    retention_days: Seconds = Field(30, examples=["30"])


class DialSettings(CallingRules):
    """How calls are placed."""

    twilio_from_numbers: Annotated[tuple[str, ...], BeforeValidator(parse_phone_numbers)] = Field(examples=["+38344000001"])
    calls_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(1, examples=["1"])
    max_concurrent_calls: int = Field(10, ge=1, examples=["10"])
    machine_detection: Annotated[Literal["async", "off"], BeforeValidator(parse_choice)] = Field("async", examples=["async"])


class StreamSettings(Settings):
    """What the media bridge demands of a stream, and where it keeps recordings; if `record_calls` is None, it records nothing."""

    require_stream_signature: Switch = Field(default=True, examples=["on"])
    record_calls: Annotated[Path | None, BeforeValidator(parse_folder)] = Field(None, examples=["off"])


class LogSettings(Settings):
    """How much is logged, and in which form."""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(parse_choice)] = Field(
        "info", examples=["info"]
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(parse_choice)] = Field("json", examples=["json"])


class DrainSettings(Settings):
    """How long the work in progress may take to end after SIGTERM."""

    drain_timeout_s: Seconds = Field(180, examples=["180"])


class GatewaySettings(Settings):
    """The one public port."""

    port: int = Field(5050, ge=1, le=65535, examples=["5050"])


class WebhookAddress(Settings):
    """Where the webhook service listens."""

    webhook_bind: Address = Field(Bind("127.0.0.1", 8000), examples=["127.0.0.1:8000"])


class MediaBridgeAddress(Settings):
    """Where the media bridge listens."""

    media_bridge_bind: Address = Field(Bind("127.0.0.1", 8001), examples=["127.0.0.1:8001"])


class DialerAddress(Settings):
    """Where the dialer worker serves its health and metrics."""

    dialer_bind: Address = Field(Bind("127.0.0.1", 8002), examples=["127.0.0.1:8002"])


class WebhookTargets(Settings):
    """Whether webhooks may also go to private addresses and over plain http: for tests on one machine, never in production."""

    webhook_private_targets: Switch = Field(default=False, examples=["off"])


class SoftphoneSettings(Settings):
    """Whether this machine, and no other, is served the page on which one talks to the bot by the browser's microphone."""

    softphone: Annotated[Literal["off", "local"], BeforeValidator(parse_choice)] = Field("off", examples=["off"])
