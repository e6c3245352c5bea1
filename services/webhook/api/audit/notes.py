"""What the requests of shops leave in the audit: the key's name, the action, and an id or a digest of a phone number."""

from starlette.requests import Request

from shared.store import Audit, AuditAction, AuditNote


class AuditNotes:
    """Makes the notes."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def of(self, request: Request, action: AuditAction, about: str) -> AuditNote:
        """Return the note for a change that the request is about to make; its key is known."""
        caller = request.state.caller
        return self._audit.note(caller.shop, who=f"key:{caller.key_name}", action=action, about=about)

    async def of_phone(self, request: Request, action: AuditAction, phone: str) -> AuditNote:
        """Return the note for a change about a phone number, which stands in it as `number:` and a digest."""
        return self.of(request, action, f"number:{await self._audit.digest(phone)}")
