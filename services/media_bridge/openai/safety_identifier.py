"""The name under which OpenAI knows a customer: the same for each call to a number, and telling nothing about it.

Source: OpenAI docs, "Safety best practices" (safety identifiers) and "Realtime API with WebSocket" (the header).
"""

import hmac

_SALT = b"openai-safety-identifier"


def safety_identifier(secret: str, phone: str) -> str:
    """Return 64 hexadecimal digits for an E.164 number; `secret` is the first one of `SIGNING_SECRET`.

    A digest without a key would be no secret: all numbers of a country are tried in a minute. Who replaces the secret gives
    every customer another name.
    """
    key = hmac.digest(secret.encode(), _SALT, "sha256")
    return hmac.digest(key, phone.encode(), "sha256").hex()
