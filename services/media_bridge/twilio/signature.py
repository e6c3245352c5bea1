"""Whether a WebSocket handshake was signed by Twilio.

Source: Twilio docs, "Security - Validating requests": HMAC-SHA1 with the auth token over the URL as it stands in the
TwiML (`wss://`), base64. If that does not match, the docs say to try the same URL with a slash at its end.
"""

import hmac
from base64 import b64encode
from hashlib import sha1


class SignatureCheck:
    """The check for one stream URL, with its signatures computed once, two for each token: a handshake has no parameters.

    `is_required` says whether a stream without Twilio's signature is refused.
    """

    def __init__(self, *, auth_tokens: tuple[str, ...], stream_url: str, is_required: bool) -> None:
        self.is_required = is_required
        bare = stream_url.rstrip("/")
        self._valid = tuple(_signature(token, url) for token in auth_tokens for url in (bare, f"{bare}/"))

    def is_signed(self, signature: str | None) -> bool:
        """Return whether this is Twilio's signature of a handshake with us."""
        given = (signature or "").encode()
        return any([hmac.compare_digest(given, valid) for valid in self._valid])  # noqa: C419 - compare with all, always


def _signature(auth_token: str, url: str) -> bytes:
    return b64encode(hmac.new(auth_token.encode(), url.encode(), sha1).digest())
