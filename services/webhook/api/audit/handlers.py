"""The reading of a shop's audit, newest first."""

import re
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from services.webhook.http.answers import Answer, Timestamp, json_response
from services.webhook.http.problems import ProblemError, ProblemKind
from services.webhook.http.query_parameters import invalid_parameter, number, parameters
from shared.core.lifecycle.envelope import timestamp
from shared.store import Audit, AuditEntry

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_CURSOR = re.compile(r"[0-9]{1,15}-[0-9]{1,15}", re.ASCII)


class AuditEntryAnswer(Answer):
    """One change."""

    id: str
    at: Timestamp
    who: Annotated[str, Field(description="`key:` and the name of an API key (a digest's beginning), or `command:` and its name.")]
    action: Annotated[str, Field(examples=["confirmation.withdrawn"])]
    about: Annotated[str, Field(description="The id of what was changed; of a phone number, `number:` and a keyed digest.")]


class AuditPageAnswer(Answer):
    """A part of the audit, newest first."""

    items: list[AuditEntryAnswer]
    next_cursor: Annotated[str | None, Field(description="For the next page; null on the last.")]


class AuditRoutes:
    """`GET /v1/audit`."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    async def page(self, request: Request, shop: str) -> Response:
        """Return one page of the shop's audit; a test key may not read it."""
        if request.state.caller.is_test:
            raise ProblemError(ProblemKind.LIVE_KEY_NEEDED, "The audit is not for test keys.")
        values = parameters(request, "limit", "cursor")
        limit = number(values, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT)
        cursor = values.get("cursor")
        if cursor is not None and not _CURSOR.fullmatch(cursor):
            raise invalid_parameter("cursor", "It must be the next_cursor of an earlier page.")
        found = await self._audit.page(shop, limit=limit, cursor=cursor)
        items = [_entry(entry) for entry in found.entries]
        return json_response(AuditPageAnswer(items=items, next_cursor=found.next_cursor))


def _entry(entry: AuditEntry) -> AuditEntryAnswer:
    return {"id": entry.id, "at": timestamp(entry.at), "who": entry.who, "action": entry.action, "about": entry.about}
