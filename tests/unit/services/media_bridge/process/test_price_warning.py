"""An operator whose model has no known price hears of it."""

from structlog.testing import capture_logs

from services.media_bridge.process.price_warning import warn_of_unknown_prices
from services.media_bridge.settings import BridgeSettings
from shared.settings.environ import parse_settings
from tests.unit.services.media_bridge.test_settings import NEEDED


def test_a_model_without_a_known_price_is_told_at_the_start() -> None:
    mine = {"OPENAI_REALTIME_MODEL": "my-own"}
    with capture_logs() as logs:
        for environ in (NEEDED | mine, NEEDED, NEEDED | mine | {"OPENAI_PRICES": "text:4/0.40/24,audio:30/0.40/64"}):
            warn_of_unknown_prices(parse_settings(BridgeSettings, environ))
    assert [(line["event"], line["log_level"], line["model"]) for line in logs] == [("model_price_unknown", "error", "my-own")]
