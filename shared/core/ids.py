"""The shape of ids: a prefix that says what is named, and a ULID. The callers draw the ULID: it needs clock and chance."""

import re

CONFIRMATION_PREFIX = "cnf_"
ATTEMPT_PREFIX = "att_"
ENDPOINT_PREFIX = "whe_"

_ULID = "[0-9A-HJKMNP-TV-Z]{26}"  # Crockford's base 32. Source: https://github.com/ulid/spec
CONFIRMATION_ID = CONFIRMATION_PREFIX + _ULID
"""The regular expression of a confirmation's id, to be matched in full."""
ATTEMPT_ID = ATTEMPT_PREFIX + _ULID
"""The regular expression of an attempt's id, to be matched in full."""

_confirmation_id = re.compile(CONFIRMATION_ID, re.ASCII)


def confirmation_id(ulid: object) -> str:
    """Return the id of a confirmation; `ulid` is one that was drawn just now, or its 26 characters."""
    return f"{CONFIRMATION_PREFIX}{ulid}"


def attempt_id(ulid: object) -> str:
    """Return the id of an attempt."""
    return f"{ATTEMPT_PREFIX}{ulid}"


def endpoint_id(ulid: object) -> str:
    """Return the id of a shop's webhook endpoint."""
    return f"{ENDPOINT_PREFIX}{ulid}"


def is_confirmation_id(text: str) -> bool:
    """Tell whether `text` has the shape of a confirmation's id."""
    return _confirmation_id.fullmatch(text) is not None
