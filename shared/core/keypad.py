"""The keys of the phone: what each one means, in a conversation and on the keypad that TwiML offers without one."""

from collections.abc import Mapping
from typing import Final

from shared.core.outcome import VerdictKind

VERDICTS: Final[Mapping[str, VerdictKind]] = {
    "1": VerdictKind.CONFIRMED,
    "2": VerdictKind.CANCELLED,
    "3": VerdictKind.OPTED_OUT,
}
"""What the customer decides with a key. Each call's keypad prompt names these keys (`shared/languages/{code}.toml`)."""

CALL_BACK: Final = "*"
"""The key with which a caller without proof asks to be called back at the number that the shop gave."""

REPEAT: Final = "9"
"""The key with which the customer hears the order and the keys again; it decides nothing."""
