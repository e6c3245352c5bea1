"""What the requests of shops leave in the audit: the key's name, the action, and an id or a digest of a phone number."""

import hashlib

from starlette.requests import Request

from shared.store import Audit, AuditAction, AuditNote

_DIGEST_BYTES = 8


class AuditNotes:
    """Makes the notes. `secret` keys the digests of phone numbers: without it they can't be found by trying all numbers."""

    def __init__(self, audit: Audit, secret: str) -> None:
        self._audit = audit
        self._key = hashlib.sha256(f"audit {secret}".encode()).digest()

    def of(self, request: Request, action: AuditAction, about: str) -> AuditNote:
        """Return the note for a change that the request is about to make; its key is known."""
        caller = request.state.caller
        return self._audit.note(caller.shop, who=f"key:{caller.key_name}", action=action, about=about)

    def of_phone(self, request: Request, action: AuditAction, phone: str) -> AuditNote:
        """Return the note for a change about a phone number, which stands in it as `number:` and a digest."""
        digest = hashlib.blake2b(phone.encode(), key=self._key, digest_size=_DIGEST_BYTES).hexdigest()
        return self.of(request, action, f"number:{digest}")
