"""What a body is checked against: the settings, the languages that can be spoken, the shop, and the present time."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationInfo

from shared.core.dialing.dial_policy import DialPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationContext:
    """What a body is checked against: the rules, and the time of the check.

    `companies` are the names that the shop's orders may speak; none means any plausible name.
    """

    policy: DialPolicy
    allowed_countries: AbstractSet[str]
    languages: AbstractSet[str]
    now: datetime
    companies: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRules:
    """What the settings say about bodies. `languages` are the codes that can be spoken; `allowed_countries` may be `*`.

    `companies` are the names that each shop's orders may speak.
    """

    policy: DialPolicy
    allowed_countries: AbstractSet[str]
    languages: AbstractSet[str]
    companies: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def at(self, now: datetime, shop: str = "") -> ValidationContext:
        """Return the context of a check at `now`, for a body of the shop."""
        return ValidationContext(
            policy=self.policy,
            allowed_countries=self.allowed_countries,
            languages=self.languages,
            now=now,
            companies=self.companies.get(shop, ()),
        )


def context_of(info: ValidationInfo) -> ValidationContext:
    """Return the context in which a body is being validated.

    Raises:
        TypeError: It is validated without one.
    """
    if not isinstance(info.context, ValidationContext):
        raise TypeError("bodies are validated with context=ValidationContext(...)")
    return info.context
