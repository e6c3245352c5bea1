"""The dial policy is the one that the settings describe."""

from datetime import time
from decimal import Decimal

from shared.core.dialing.caps import Caps, SpendLimit
from shared.core.order import Window
from shared.settings.calling_rules import dial_policy_from
from shared.settings.environ import parse_settings
from shared.settings.groups import CallingRules


def test_the_policy_takes_over_every_setting() -> None:
    environ = {"CALL_WINDOW": "10:00-24:00", "CALL_DAYS": "mon", "CALL_HOLIDAYS": "on", "MAX_ATTEMPTS": "5"}
    delays = {"RETRY_DELAYS": "busy:7", "RING_TIMEOUT_S": "9", "HANGUP_GRACE_S": "2.5", "RETENTION_DAYS": "1"}
    caps = {"MAX_CALLS_PER_NUMBER": "off", "SPEND_LIMIT_USD": "2.5/60", "CARRIER_USD_PER_MINUTE": "0.1"}
    policy = dial_policy_from(parse_settings(CallingRules, environ | delays | caps))
    assert (policy.window, policy.weekdays) == (Window(time(10), None), frozenset({0}))
    assert policy.calls_on_holidays is True
    assert (policy.max_attempts, policy.ring_timeout_s, policy.hangup_grace_s) == (5, 9, 2.5)
    assert (policy.retry_delays_s["busy"], policy.retry_delays_s["undecided"]) == (7, 3600)
    assert policy.caps == Caps(None, SpendLimit(Decimal("2.5"), 60), Decimal("0.1"))
    assert policy.zones_of("+38344123456") == ("Europe/Belgrade",)
    assert policy.country_of("+38344123456") == "XK"
