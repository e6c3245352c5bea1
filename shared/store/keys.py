"""The names of the keys: all that is in Redis.

- `confirmation:{id}` string: the record, header and JSON (`codec`); `…:events` list: its events; `…:transcript` hash: turns
- `confirmations:{shop}:{status or outcome}` sorted set of ids: each confirmation is in exactly one
- `orders:{shop}` hash: order id to confirmation ids, newest first; `phone:{number}` sorted set of confirmation ids
- `idempotency:{shop}:{key}` string, expires: digest, kind, id or token, and of the first answer what
  the confirmations don't tell: nothing about a customer
- `opt_outs:{shop}` sorted set: numbers not to be called, by when
- `line:{number}` set: ids of the orders about which the number is on the phone now
- `events:{shop}:log` stream: `c` confirmation id, `s` sequence; `outcomes:{shop}:log` stream: `event` the envelope
- `due:care`, `due:dial:{priority}:{shop}` sorted sets: ids by when they are due (ms); `due:heads:{priority}`: shops by their
  first; `due:turns` hash and `due:turn` counter: when a shop had its last turn; `due:rate` string: when the next call may
  start; `due:grant:{nonce}` hash, expires: a grant, for whoever asks again
- `due:begun` hash: `dial:{id}`, `care:{id}`, `retire:{id}` or `deliver:{endpoint}` to how often that was begun since it last
  came to an end; `due:parked` sorted set: ids and endpoints that nobody takes up any more, by since when
- `calls:open` sorted set: ids by the end of their lease; `circuit` hash; `caller_ids:turn` counter
- `webhooks:{shop}` hash: endpoint to the types of event it wants; `webhook:{endpoint}` string: the endpoint as JSON;
  `…:off` string: it is disabled; `…:lanes` sorted set: confirmation ids by the next try (ms); `…:lane:{id}` list: sequences of
  the events to be delivered; `…:tries` hash: failures of each lane's first; `…:circuit` hash; `…:dead` sorted set: event ids
  by when they were given up, `…:why` hash: their reasons
- `due:deliver` sorted set: endpoints by when; `deliver:open` sorted set: endpoints being delivered to, by the lease's end
- `store:id` string: a name of chance, by which others know that it is still the same store
- `LIMITS:*` strings, expire: how much of their rate limit keys have used
- `rq:*`: RQ's own, jobs that carry an id

Channels: `events:{shop}`, `outcomes:{shop}`, `attempt:{attempt_id}`, `due`: something is due at once.
"""

from shared.core.confirmation import Confirmation

DUE_CARE = "due:care"
DUE_NEWS = "due"
BEGUN = "due:begun"
PARKED = "due:parked"
CALLS_OPEN = "calls:open"
CIRCUIT = "circuit"
IDENTITY = "store:id"


def due_heads(priority: str) -> str:
    """Name the sorted set of shops with something to dial, scored by when the first of it is due."""
    return f"due:heads:{priority}"


def begun_field(work: str, about: str) -> str:
    """Name the field that counts how often a kind of work on a confirmation, or an endpoint, was begun."""
    return f"{work}:{about}"


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


def line(number: str) -> str:
    """Name the set of the orders about which a number is on the phone."""
    return f"line:{number}"


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


def webhooks(shop: str) -> str:
    """Name the hash from the shop's endpoints to the types of event that each wants."""
    return f"webhooks:{shop}"


def webhook(endpoint_id: str, part: str = "") -> str:
    """Name what is kept of an endpoint: itself, or its `lanes`, `tries`, `circuit`, `dead` or `why`."""
    return f"webhook:{endpoint_id}:{part}" if part else f"webhook:{endpoint_id}"


def webhook_lane(endpoint_id: str, confirmation_id: str) -> str:
    """Name the list of the events of one confirmation that wait to be delivered to an endpoint."""
    return f"webhook:{endpoint_id}:lane:{confirmation_id}"


def attempt_channel(attempt_id: str) -> str:
    """Name the channel on which a running call hears of what others changed."""
    return f"attempt:{attempt_id}"
