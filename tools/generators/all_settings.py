"""Checks the settings of all services at once, for programs that look after the whole system."""

from collections.abc import Mapping

from services.dialer_worker.settings import Settings as DialerSettings
from services.media_bridge.settings import BridgeSettings
from services.webhook.settings import WebhookSettings
from shared.settings.environ import SettingsError, parse_settings
from shared.settings.groups import GatewaySettings

ALL_SETTINGS = (GatewaySettings, WebhookSettings, BridgeSettings, DialerSettings)


def setting_faults(environ: Mapping[str, str]) -> list[str]:
    """Return the faults in all services' settings, one sentence for each variable."""
    faults: dict[str, None] = {}
    for settings in ALL_SETTINGS:
        try:
            parse_settings(settings, environ)
        except SettingsError as error:
            faults.update(dict.fromkeys(error.faults))
    return sorted(faults)
