"""What reading a peer's JSON may raise."""

from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""It is no JSON or has another shape; it is not UTF-8 (picows does not check that); or it is nested too deeply."""
