"""What a body is checked against beside itself: the settings, the languages at hand, and the present moment."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationInfo

from shared.core.dialing.dial_policy import DialPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one moment. `languages` are the codes that can be spoken, `allowed_countries` may be `*`."""

    policy: DialPolicy
    allowed_countries: AbstractSet[str]
    languages: AbstractSet[str]
    now: datetime


def rules_of(info: ValidationInfo) -> Rules:
    """Return the rules under which a body is being validated.

    Raises:
        TypeError: It is validated without any.
    """
    if not isinstance(info.context, Rules):
        raise TypeError("bodies are validated with context=Rules(...)")
    return info.context
