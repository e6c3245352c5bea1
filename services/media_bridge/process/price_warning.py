"""Says at the start that the model's prices are not known, because a spend limit counts in dollars."""

import structlog

from services.media_bridge.settings import BridgeSettings

_log = structlog.get_logger(__name__)


def warn_of_unknown_prices(settings: BridgeSettings) -> None:
    """Log an error if costs are reckoned at the prices of other models."""
    if not settings.has_known_prices:
        fix = "set OPENAI_PRICES; until then the dearest known price counts towards SPEND_LIMIT_USD"
        _log.error("model_price_unknown", model=settings.openai_realtime_model, fix=fix)
