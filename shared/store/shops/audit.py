"""The audit of each shop: who changed what, and when, by API key or by command; never a customer's data."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import structlog

from shared.store import keys
from shared.store.records.codec import from_ms
from shared.store.records.side_effects import SideEffect
from shared.store.redis.connection import Client, translated
from shared.store.redis.scripts import Script, packed, run
from shared.store.sealing import Resealing, Sealer, UnreadableSecretError

_MS_A_DAY = 86_400_000
_DIGEST_BYTES = 8
_MOST_DIGEST_KEYS = 100
_RESEALINGS = (Resealing.GONE, Resealing.AS_IT_WAS, Resealing.SEALED_ANEW, Resealing.UNREADABLE)  # the last that applies is told

_log = structlog.get_logger(__name__)


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

    def __init__(self, client: Client, sealer: Sealer, *, keep_days: float) -> None:
        self._client = client
        self._sealer = sealer
        self._keep_days = keep_days
        self._digest_key = b""  # until it is first needed

    def note(self, shop: str, *, who: str, action: AuditAction, about: str) -> AuditNote:
        """Return a note for the change that is about to be made."""
        return AuditNote(shop=shop, who=who, action=action, about=about, keep_days=self._keep_days)

    async def digest(self, phone: str) -> str:
        """Return what stands in the audit for a phone number; without the key it can't be found by trying all numbers.

        The key is random, kept sealed, and the same for ever: digests stay comparable when any secret is rotated.

        Raises:
            NoEncryptionKeyError: This program has no key to open or seal it.
        """
        if not self._digest_key:
            self._digest_key = await self._load_digest_key()
        return hashlib.blake2b(phone.encode(), key=self._digest_key, digest_size=_DIGEST_BYTES).hexdigest()

    async def reseal(self) -> Resealing:
        """Seal the digests' keys with the newest of the `ENCRYPTION_KEYS`; `GONE` if there is none yet.

        A later key was made while an earlier one could not be opened. `UNREADABLE` if any of them still cannot.
        """
        became = Resealing.GONE
        for generation in range(_MOST_DIGEST_KEYS):
            name = keys.audit_digest_key(generation)
            async with translated():
                stored = await self._client.get(name)
            if stored is None:
                break
            became = max(became, await self._reseal_one(name, stored), key=_RESEALINGS.index)
        return became

    async def _reseal_one(self, name: str, stored: bytes) -> Resealing:
        if self._sealer.is_sealed_with_newest(stored.decode()):
            return Resealing.AS_IT_WAS
        try:
            sealed = self._sealer.seal(self._sealer.open(stored.decode()))
        except UnreadableSecretError:
            return Resealing.UNREADABLE
        async with translated():
            await run(self._client, Script.REPLACE_TEXT, keys=[name], args=[stored, sealed, argument_of(None)])
        return Resealing.SEALED_ANEW

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

    async def _load_digest_key(self) -> bytes:
        """Return the first key that can be opened; one is made if there is none."""
        for generation in range(_MOST_DIGEST_KEYS):
            name = keys.audit_digest_key(generation)
            fresh = self._sealer.seal(secrets.token_hex(32))
            pipe = self._client.pipeline(transaction=True)
            pipe.set(name, fresh, nx=True)
            pipe.get(name)
            async with translated():
                _, stored = await pipe.execute()
            try:
                return bytes.fromhex(self._sealer.open(stored.decode()))
            except UnreadableSecretError:
                _log.error("audit_digest_key_unreadable", fix="restore the key in ENCRYPTION_KEYS; until then digests are others")
        raise UnreadableSecretError("none of the keys of the audit's digests can be opened: restore ENCRYPTION_KEYS")


def _entry(entry_id: str, fields: dict[bytes, bytes]) -> AuditEntry:
    who, action, about = (fields.get(name, b"").decode() for name in (b"who", b"action", b"about"))
    return AuditEntry(id=entry_id, at=from_ms(float(entry_id.partition("-")[0])), who=who, action=action, about=about)
