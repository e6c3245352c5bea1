"""What a check of `make doctor` found."""

import re
from dataclasses import dataclass

_CODE = re.compile(r"[a-z0-9_./]{1,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; if `fix` is set, it says what to do."""

    text: str
    fix: str | None = None


def printable(code: object) -> str:
    """Return a vendor's code or name if it is one: their texts are never printed, for they may quote a key or a number."""
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "unknown"
