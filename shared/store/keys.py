"""The names of the keys and channels in Redis: each pattern is written here once, for Python and for the Lua scripts.

The scripts use the same names, as `keys.PARKED` or `keys.line(phone)`; `redis/lua_keys.py` puts the texts in when a script is
loaded. Each docstring says what the key holds; times in scores are milliseconds since 1970.

Not ours, but in the same database: `LIMITS:*` strings, which expire, hold how much of their rate limit API keys have used;
`rq:*` is RQ's own and holds jobs that carry an id.
"""

import hashlib

DUE_RECONCILIATION = "due:care"
"""Sorted set: the confirmations to be reconciled, by when."""
DUE_DELIVER = "due:deliver"
"""Sorted set: the webhook endpoints with something to deliver, by when."""
DUE_RATE = "due:rate"
"""String, expires: the moment at which the next call may start."""
DUE_TURN = "due:turn"
"""Counter: how many calls were granted, for the round robin of the shops."""
DUE_TURNS = "due:turns"
"""Hash: shop to the value of `DUE_TURN` when a call was last granted to it."""
BEGUN = "due:begun"
"""Hash: `begun_field` to how often that work was begun since it last ended."""
PARKED = "due:parked"
"""Sorted set: confirmations and endpoints on which nobody works any more, by since when."""
CALLS_OPEN = "calls:open"
"""Sorted set: the confirmations that count as calls at once, by the end of their lease."""
DELIVER_OPEN = "deliver:open"
"""Sorted set: the endpoints to which a worker is delivering, by the end of its lease."""
CIRCUIT = "circuit"
"""Hash: `reason`, `since` and `probe_at` of the open circuit to Twilio."""
MODEL_CIRCUIT = "model_circuit"
"""Hash: the same of the open circuit to the speech model."""
CALLER_IDS_TURN = "caller_ids:turn"
"""Counter: how many caller ids were taken, for the round robin of our numbers."""
ERASURES = "erasures"
"""Counter: how many erasures the append-only file still has the data of, since it was last rewritten."""
REWRITE_PAUSE = "erasures:pause"
"""String, expires: the append-only file was rewritten a short time ago, and is not rewritten again until then."""
IDENTITY = "store:id"
"""String: a random name, by which others know that it is still the same store."""
DUE_CHANNEL = "due"
"""Channel: something has become due at once."""
IDLE_CHANNEL = "signals"
"""Channel without messages: redis-py cannot read from a subscription that has no channel."""


def due_heads(priority: str) -> str:
    """Name the sorted set of shops with something to dial, by when the first of it is due."""
    return f"due:heads:{priority}"


def due_dial(priority: str, shop: str) -> str:
    """Name the sorted set of the shop's confirmations to be dialed, by when."""
    return f"due:dial:{priority}:{shop}"


def due_grant(nonce: str) -> str:
    """Name the hash (`id`, `shop`; expires) of a grant, for a worker that asks again with the same nonce."""
    return f"due:grant:{nonce}"


def begun_field(work: str, about: str) -> str:
    """Name the field of `BEGUN` for one kind of work (`dial`, `care`, `retire`, `deliver`) on a confirmation or an endpoint."""
    return f"{work}:{about}"


def number_calls(digest: str) -> str:
    """Name the sorted set (expires) of the attempts that called one number, by when; `digest` is the number's SHA-1.

    It outlives the erasure of the customer, whom it protects, by at most the span of the cap.
    """
    return f"caps:number:{digest}"


def spend(shop: str) -> str:
    """Name the hash (expires) of what the shop's calls cost in micro-dollars, by the end of the part of the span in ms."""
    return f"caps:spend:{shop}"


def spend_reached(shop: str) -> str:
    """Name the string that exists (expires) once it was told that the shop has reached its spend limit."""
    return f"caps:spend:{shop}:reached"


def record(confirmation_id: str) -> str:
    """Name the string that holds the truth about one confirmation: a header and JSON (`records/codec.py`)."""
    return f"confirmation:{confirmation_id}"


def history(confirmation_id: str) -> str:
    """Name the list of a confirmation's events."""
    return f"confirmation:{confirmation_id}:events"


def transcript(confirmation_id: str) -> str:
    """Name the hash of what was said, by attempt and position."""
    return f"confirmation:{confirmation_id}:transcript"


def orders(shop: str) -> str:
    """Name the hash from an order's id to its confirmations' ids, newest first."""
    return f"orders:{shop}"


def phone(number: str) -> str:
    """Name the sorted set of all confirmations of one number."""
    return f"phone:{number}"


def line(number: str) -> str:
    """Name the set of the confirmations about which a number is on the phone now."""
    return f"line:{number}"


def inbound_calls(number: str) -> str:
    """Name the sorted set (expires) of the calls that a number has made to us, by when; the name has only the number's digest."""
    return f"inbound:{hashlib.sha256(number.encode()).hexdigest()}"


def listing(shop: str, word: str) -> str:
    """Name the sorted set of the shop's confirmations with one status, or one outcome; each confirmation is in exactly one."""
    return f"confirmations:{shop}:{word}"


def opt_outs(shop: str) -> str:
    """Name the sorted set of the shop's do-not-call list, by when the number was put on it."""
    return f"opt_outs:{shop}"


def idempotency(shop: str, key: str) -> str:
    """Name the string (expires) about an idempotency key: request digest, kind, id or token, answer; nothing about a customer.

    The key itself may be a customer's number or name, so that the name has only its digest: it outlives the erasure.
    """
    return f"idempotency:{shop}:{hashlib.sha256(key.encode()).hexdigest()}"


def idempotency_by_key(shop: str, key: str) -> str:
    """Name the same string as earlier versions did; it is read until it expires, and never written."""
    return f"idempotency:{shop}:{key}"


def audit(shop: str) -> str:
    """Name the stream of the changes by a shop's keys and by commands: `who`, `action`, `about`; nothing about a customer."""
    return f"audit:{shop}"


def audit_digest_key(generation: int) -> str:
    """Name the string that holds the sealed key of the audit's digests; `~` is in no shop's name. All but the first are rare.

    There is a further one if none of `ENCRYPTION_KEYS` opened those before.
    """
    return f"audit:~digest-key:{generation}"


def events_log(shop: str) -> str:
    """Name the stream of references to the shop's events: `c` the confirmation's id, `s` the sequence."""
    return f"events:{shop}:log"


def outcomes_log(shop: str) -> str:
    """Name the stream that the CRM reads: `event` is the envelope of a confirmation's last event."""
    return f"outcomes:{shop}:log"


def events_channel(shop: str) -> str:
    """Name the channel of all of the shop's events, as envelopes."""
    return f"events:{shop}"


def outcomes_channel(shop: str) -> str:
    """Name the channel of each confirmation's last event, as an envelope."""
    return f"outcomes:{shop}"


def attempt_channel(attempt_id: str) -> str:
    """Name the channel that tells a running call that its confirmation has changed."""
    return f"attempt:{attempt_id}"


def webhooks(shop: str) -> str:
    """Name the hash from the shop's endpoints to the types of event that each wants."""
    return f"webhooks:{shop}"


def webhook(endpoint_id: str) -> str:
    """Name the string that holds an endpoint as JSON."""
    return f"webhook:{endpoint_id}"


def webhook_off(endpoint_id: str) -> str:
    """Name the string that exists while an endpoint is disabled."""
    return f"webhook:{endpoint_id}:off"


def webhook_lanes(endpoint_id: str) -> str:
    """Name the sorted set of confirmations with events for an endpoint, by the next try."""
    return f"webhook:{endpoint_id}:lanes"


def webhook_lane(endpoint_id: str, confirmation_id: str) -> str:
    """Name the list of the sequences of one confirmation's events that wait to be delivered to an endpoint."""
    return f"webhook:{endpoint_id}:lane:{confirmation_id}"


def webhook_tries(endpoint_id: str) -> str:
    """Name the hash from a confirmation to the failures of the first event in its lane."""
    return f"webhook:{endpoint_id}:tries"


def webhook_circuit(endpoint_id: str) -> str:
    """Name the hash (`failures`, `openings`, `until`) of an endpoint's circuit."""
    return f"webhook:{endpoint_id}:circuit"


def webhook_dead(endpoint_id: str) -> str:
    """Name the sorted set of the dead letters' event ids, by when they were given up."""
    return f"webhook:{endpoint_id}:dead"


def webhook_why(endpoint_id: str) -> str:
    """Name the hash from a dead letter's event id to its tries and reason."""
    return f"webhook:{endpoint_id}:why"
