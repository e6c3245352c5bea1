"""What a body is checked against: the settings, the languages that can be spoken, and the present time."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationInfo

from shared.core.dialing.dial_policy import DialPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationContext:
    """What a body is checked against: the rules, and the time of the check."""

    policy: DialPolicy
    allowed_countries: AbstractSet[str]
    languages: AbstractSet[str]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRules:
    """What the settings say about bodies. `languages` are the codes that can be spoken; `allowed_countries` may be `*`."""

    policy: DialPolicy
    allowed_countries: AbstractSet[str]
    languages: AbstractSet[str]

    def at(self, now: datetime) -> ValidationContext:
        """Return the context of a check at `now`."""
        return ValidationContext(policy=self.policy, allowed_countries=self.allowed_countries, languages=self.languages, now=now)


def context_of(info: ValidationInfo) -> ValidationContext:
    """Return the context in which a body is being validated.

    Raises:
        TypeError: It is validated without one.
    """
    if not isinstance(info.context, ValidationContext):
        raise TypeError("bodies are validated with context=ValidationContext(...)")
    return info.context
