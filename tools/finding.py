"""What a check of `make doctor` found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; if `fix` is set, it says what to do."""

    text: str
    fix: str | None = None
