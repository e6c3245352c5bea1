"""The names of the keys: all that is in Redis.

- `confirmation:{id}` string: the record, header and JSON (`codec`); `…:events` list: its events; `…:transcript` hash: turns
- `confirmations:{shop}:{status or outcome}` sorted set of ids: each confirmation is in exactly one
- `orders:{shop}` hash: order id to confirmation ids, newest first; `phone:{number}` sorted set of confirmation ids
- `idempotency:{shop}:{key}` string, expires: digest, kind, id or token, first answer
- `opt_outs:{shop}` sorted set: numbers not to be called, by when
- `events:{shop}:log` stream: `c` confirmation id, `s` sequence; `outcomes:{shop}:log` stream: `event` the envelope
- `due:care`, `due:dial:{priority}:{shop}` sorted sets: ids by when they are due (ms); `due:heads:{priority}`: shops by their
  first; `due:turns` hash and `due:turn` counter: when a shop had its last turn; `due:rate` string: when the next call may
  start; `due:grant:{nonce}` hash, expires: a grant, for whoever asks again
- `calls:open` sorted set: ids by the end of their lease; `circuit` hash; `caller_ids:turn` counter
- `rq:*`: RQ's own, jobs that carry an id

Channels: `events:{shop}`, `outcomes:{shop}`, `attempt:{attempt_id}`.
"""

from shared.core.confirmation import Confirmation

DUE_CARE = "due:care"
CALLS_OPEN = "calls:open"
CIRCUIT = "circuit"


def due_heads(priority: str) -> str:
    """Name the sorted set of shops with something to dial, scored by when the first of it is due."""
    return f"due:heads:{priority}"


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
