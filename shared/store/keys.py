"""The names of the keys. Those that only scripts touch are named in `lua/`; docs/architecture.md lists all."""

from shared.core.confirmation import Confirmation

DUE_CARE = "due:care"
CALLS_OPEN = "calls:open"
CIRCUIT = "circuit"


def record(confirmation_id: str) -> str:
    """Name the string that holds the truth about one confirmation."""
    return f"confirmation:{confirmation_id}"


def history(confirmation_id: str) -> str:
    """Name the list of its events."""
    return f"confirmation:{confirmation_id}:events"


def transcript(confirmation_id: str) -> str:
    """Name the hash of what was said."""
    return f"confirmation:{confirmation_id}:transcript"


def orders(shop: str) -> str:
    """Name the hash from an order's id to its confirmations' ids, newest first."""
    return f"orders:{shop}"


def phone(number: str) -> str:
    """Name the sorted set of all confirmations of one number."""
    return f"phone:{number}"


def listing(shop: str, word: str) -> str:
    """Name the sorted set of the shop's confirmations with one status, or one outcome."""
    return f"confirmations:{shop}:{word}"


def listing_of(confirmation: Confirmation) -> str:
    """Name the one listing that a confirmation is in: by status, and once finished by outcome."""
    return listing(confirmation.shop, (confirmation.outcome or confirmation.status).value)


def opt_outs(shop: str) -> str:
    """Name the sorted set of the shop's do-not-call list, scored by when."""
    return f"opt_outs:{shop}"


def idempotency(shop: str, key: str) -> str:
    """Name what is known of an idempotency key."""
    return f"idempotency:{shop}:{key}"


def events_log(shop: str) -> str:
    """Name the stream of references to the shop's events."""
    return f"events:{shop}:log"


def outcomes_log(shop: str) -> str:
    """Name the stream the CRM reads."""
    return f"outcomes:{shop}:log"


def attempt_channel(attempt_id: str) -> str:
    """Name the channel on which a running call hears of what others changed."""
    return f"attempt:{attempt_id}"
