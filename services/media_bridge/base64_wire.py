"""Base64 of µ-law audio as it stands in JSON: carried as it is, measured without decoding it."""

import msgspec

BYTES_PER_MS = 8  # µ-law, 8 kHz, mono

_QUOTE = 0x22


def quoted(raw: msgspec.Raw) -> bytes:
    """Return the JSON string `raw` in plain form (quotes kept, no escapes), or `b""` where it is no string.

    A JSON writer may escape the slash, a letter of base64; such a string is rewritten, all others pass untouched.
    """
    text = bytes(raw)
    if len(text) < 2 or text[0] != _QUOTE:  # noqa: PLR2004 - the two quotes
        return b""
    if b"\\" not in text:
        return text
    return msgspec.json.encode(msgspec.json.decode(text, type=str))


def duration_ms(payload: bytes) -> float:
    """Return how long the quoted base64 `payload` sounds, in milliseconds."""
    padding = 2 if payload.endswith(b'=="') else 1 if payload.endswith(b'="') else 0
    return ((len(payload) - 2) * 3 // 4 - padding) / BYTES_PER_MS
