"""Calls that the telephone account may not place as it is set up: which orders that holds, and when one of them is tried again."""

from datetime import datetime, timedelta
from hashlib import blake2b

from shared.core.confirmation import Confirmation

PROBE_EVERY = timedelta(minutes=10)
"""A person changes the account's settings; one call of all that are held is tried this often to find out."""
_SPREAD = 1 / 30  # of the time between two probes


def country_scope(country: str) -> str:
    """Name what a refused country holds: every order whose number is of that country (ISO 3166)."""
    return f"country:{country}"


def sender_scope(from_number: str) -> str:
    """Name what a refusal of one of our numbers holds: the orders whose own call from it was refused, no others.

    A trial account refuses all numbers but those that it has verified, and calls these.
    """
    return f"sender:{from_number}"


def order_scope(confirmation_id: str) -> str:
    """Name what the refusal of a single order holds: that order. Its country is called, so that it is about this number."""
    return f"order:{confirmation_id}"


def scopes_of(confirmation: Confirmation, country: str | None) -> tuple[str, ...]:
    """Return what holds the order if the account refuses it; `country` is that of the customer's number, None if unknown."""
    wait = confirmation.account_wait
    own = wait.scope if wait is not None else None
    of_country = None if country is None else country_scope(country)
    return tuple(dict.fromkeys(scope for scope in (own, of_country) if scope is not None))


def look_again_at(probe_at: datetime, confirmation_id: str, *, every: timedelta = PROBE_EVERY) -> datetime:
    """Return when a held order asks again: each a little later than `probe_at`, another one first at each probe.

    The first to ask is the one that is tried; all have the same chance.
    """
    digest = blake2b(f"{confirmation_id}.{probe_at.timestamp()}".encode(), digest_size=4).digest()
    return probe_at + every * _SPREAD * (int.from_bytes(digest, "big") / 2**32)
