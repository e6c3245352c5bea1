"""The token by which a media stream proves to which attempt it belongs: signed, and told to nobody but Twilio.

It has no expiry of its own, for Twilio may hold a call in its queue for hours. It is valid once, and only while its
attempt is open; the record tells both.
"""

import re
from hashlib import sha256

from itsdangerous import BadSignature, Signer

from shared.core.ids import ATTEMPT_ID, CONFIRMATION_ID

_SALT = b"media-stream"
_NAMES = re.compile(f"({CONFIRMATION_ID}):({ATTEMPT_ID})", re.ASCII)


def issue(secret: str, confirmation_id: str, attempt_id: str) -> str:
    """Return the token for one attempt, under 200 visible ASCII characters; `secret` is the first one of `SIGNING_SECRET`."""
    return _signer(secret).sign(f"{confirmation_id}:{attempt_id}").decode("ascii")


def read(secrets: tuple[str, ...], token: str) -> tuple[str, str] | None:
    """Return the confirmation id and the attempt id that the token names, or None if it is signed with none of the secrets."""
    try:
        names = _NAMES.fullmatch(_signer(*secrets).unsign(token).decode("ascii"))
    except (BadSignature, UnicodeError):
        return None
    return (names[1], names[2]) if names else None


def _signer(*secrets: str) -> Signer:
    return Signer(secrets, salt=_SALT, key_derivation="hmac", digest_method=sha256)
