"""The softphone is there only where it was switched on."""

import pytest

from services.webhook.settings import WebhookSettings
from services.webhook.softphone.pages import SoftphonePages
from services.webhook.softphone.routes import softphone_routes
from shared.core.dialing.dial_policy import DialPolicy
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import SettingsError, parse_settings
from shared.store import connect
from tests.support.sealing import SEALING_KEY

ENVIRON = {
    "PUBLIC_URL": "https://calls.shop.example",
    "API_KEYS": "shopaz:the-key-of-shopaz",
    "SIGNING_SECRET": "s" * 32,
    "ENCRYPTION_KEYS": SEALING_KEY,
    "TWILIO_AUTH_TOKEN": "t",
}


def routes(**environ: str) -> list[str]:
    settings = parse_settings(WebhookSettings, ENVIRON | environ)
    policy: DialPolicy = dial_policy_from(settings)
    return [route.path for route in softphone_routes(settings, connect("redis://127.0.0.1:1/0", policy))]


def test_it_is_off_unless_someone_says_local() -> None:
    assert routes() == []
    assert "/softphone" in routes(SOFTPHONE="local")


def test_it_can_not_be_opened_to_everybody() -> None:
    with pytest.raises(SettingsError, match="SOFTPHONE"):
        routes(SOFTPHONE="on")


async def test_the_page_lets_nothing_from_elsewhere_in() -> None:
    response = await SoftphonePages(stream_url="wss://calls.shop.example/media-stream").page(None)  # type: ignore[arg-type]  # the page is the same for every request

    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "connect-src 'self' wss://calls.shop.example/media-stream;" in policy
    assert b"<script type=" in bytes(response.body)
    assert b"://" not in bytes(response.body)
