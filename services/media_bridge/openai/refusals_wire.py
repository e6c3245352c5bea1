"""Which of OpenAI's errors are fatal: the key, the account or the model is refused, and a second session would meet the same.

Source: docs "Error codes"; codes as seen in `error` events, in failed responses and in the bodies of refused handshakes.
"""

from typing import Final

import msgspec

_FATAL: Final = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "invalid_api_key",
        "authentication_error",  # a type, for an error without a code
        "account_deactivated",
        "model_not_found",
        "unsupported_country_region_territory",
        "status_401",
        "status_403",
        "status_404",
    }
)


class _Error(msgspec.Struct):
    code: str | None = None
    type: str | None = None


class _Body(msgspec.Struct):
    error: _Error | None = None


def is_fatal(reason: str | None) -> bool:
    """Tell whether a session was refused for a reason that meets every other session too."""
    return reason in _FATAL


def fatal_code(body: bytes) -> str | None:
    """Return the code of a fatal error in the body of a refused handshake, else None: a 429 may be either."""
    try:
        error = msgspec.json.decode(body, type=_Body).error
    except msgspec.DecodeError:
        return None
    codes = (error.code, error.type) if error is not None else ()
    return next((code for code in codes if is_fatal(code)), None)
