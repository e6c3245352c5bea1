"""Makes the core's dial policy from the calling rules in the settings, so that every process decides by the same policy."""

from shared.core.dialing.caps import Caps
from shared.core.dialing.dial_policy import DialPolicy
from shared.core.phone import country_of, zones_of
from shared.settings.groups import CallingRules

RETRY_JITTER = 0.02  # part of a pause: it spreads the calls that one outage ended, and nobody notices it


def dial_policy_from(settings: CallingRules) -> DialPolicy:
    """Return the dial policy that the settings describe."""
    return DialPolicy(
        window=settings.call_window,
        weekdays=settings.call_days,
        calls_on_holidays=settings.call_holidays,
        default_timezone=settings.default_timezone,
        max_attempts=settings.max_attempts,
        retry_delays_s=settings.retry_delays,
        ring_timeout_s=settings.ring_timeout_s,
        call_time_limit_s=settings.call_time_limit_s,
        hangup_grace_s=settings.hangup_grace_s,
        reconcile_after_s=settings.reconcile_after_s,
        retention_days=settings.retention_days,
        retry_jitter=RETRY_JITTER,
        caps=Caps(settings.max_calls_per_number, settings.spend_limit_usd, settings.carrier_usd_per_minute),
        zones_of=zones_of,
        country_of=country_of,
    )
