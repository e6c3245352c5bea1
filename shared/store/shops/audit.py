"""The audit of each shop: who changed what, and when, by API key or by command; never a customer's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.records.side_effects import SideEffect
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, packed, run

_MS_A_DAY = 86_400_000


class AuditAction(StrEnum):
    """What was done."""

    CONFIRMATION_CREATED = "confirmation.created"
    CONFIRMATION_WITHDRAWN = "confirmation.withdrawn"
    CONFIRMATION_REDRIVEN = "confirmation.redriven"
    CONFIRMATION_FORGOTTEN = "confirmation.forgotten"
    CUSTOMER_ERASED = "customer.erased"
    OPT_OUT_ADDED = "opt_out.added"
    OPT_OUT_REMOVED = "opt_out.removed"
    ENDPOINT_CREATED = "webhook_endpoint.created"
    ENDPOINT_CHANGED = "webhook_endpoint.changed"
    ENDPOINT_DELETED = "webhook_endpoint.deleted"
    ENDPOINT_SECRET_ROTATED = "webhook_endpoint.secret_rotated"  # noqa: S105 - the name of an action
    ENDPOINT_RESEALED = "webhook_endpoint.resealed"
    ENDPOINT_REDRIVEN = "webhook_endpoint.redriven"
    DEAD_LETTERS_RESENT = "webhook_endpoint.dead_letters_resent"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditNote:
    """A change that is about to be made: `who` (`key:` and the key's name, or `command:` and its name), what, on which object.

    `about` is an id of ours, or a keyed digest: never a customer's data. When it is written, entries older than `keep_days` go.
    """

    shop: str
    who: str
    action: AuditAction
    about: str
    keep_days: float

    def effect(self) -> SideEffect:
        """Return the side effect by which a script writes the note together with the change."""
        return ("@audit", self.shop, int(self.keep_days * _MS_A_DAY), self.who, self.action.value, self.about)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What is in the audit: `id` is its place in the stream."""

    id: str
    at: datetime
    who: str
    action: str
    about: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A part of the audit, newest first; `next_cursor` leads to the part after it."""

    entries: Sequence[AuditEntry]
    next_cursor: str | None


def argument_of(note: AuditNote | None) -> bytes:
    """Return the note as an argument of a script, which writes it with `write_note`; empty if there is none."""
    return b"" if note is None else packed(note.effect())


class Audit:
    """Reads the audit, and writes what no script of the change itself could write."""

    def __init__(self, client: Client, *, keep_days: float) -> None:
        self._client = client
        self._keep_days = keep_days

    def note(self, shop: str, *, who: str, action: AuditAction, about: str) -> AuditNote:
        """Return a note for the change that is about to be made."""
        return AuditNote(shop=shop, who=who, action=action, about=about, keep_days=self._keep_days)

    async def write(self, note: AuditNote) -> None:
        """Write a note after its change, which took several steps."""
        async with translated():
            await run(self._client, Script.WRITE_NOTE, args=[argument_of(note)])

    async def page(self, shop: str, *, limit: int, cursor: str | None = None) -> AuditPage:
        """Return the newest entries, or the newest before `cursor` (the `next_cursor` of a page)."""
        async with translated():
            newest = "+" if cursor is None else f"({cursor}"
            found = await self._client.xrevrange(keys.audit(shop), newest, "-", count=limit + 1)
        entries = [_entry(entry_id.decode(), fields) for entry_id, fields in found[:limit]]
        return AuditPage(entries, entries[-1].id if len(found) > limit else None)


def _entry(entry_id: str, fields: dict[bytes, bytes]) -> AuditEntry:
    who, action, about = (fields.get(name, b"").decode() for name in (b"who", b"action", b"about"))
    return AuditEntry(id=entry_id, at=from_ms(float(entry_id.partition("-")[0])), who=who, action=action, about=about)
