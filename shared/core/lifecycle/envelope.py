"""The CloudEvents 1.0 envelope in which a shop gets an event (contract: docs/asyncapi.yaml)."""

from datetime import UTC, datetime
from typing import Any  # Any: a JSON object holds values of all kinds

from shared.core.confirmation import Confirmation
from shared.core.lifecycle.shop_event import ShopEvent
from shared.core.outcome import Evidence

DATASCHEMA_PATH = "/schemas/confirmation-event-1.json"
"""The path at which the webhook service serves the JSON schema of `data`; a change that breaks readers gets a new number."""


def event_id(confirmation_id: str, sequence: int) -> str:
    """Return the id by which a receiver knows an event again."""
    return f"{confirmation_id}.{sequence}"


def envelope(event: ShopEvent, confirmation: Confirmation, dataschema: str = DATASCHEMA_PATH) -> dict[str, Any]:  # Any: JSON
    """Return the envelope as a JSON object; of `confirmation` only what never changes is read.

    `dataschema` is the URL of the schema of `data`. Events of test orders, and only those, say `is_test`.
    """
    test = {"is_test": True} if confirmation.is_test else {}
    return {
        "specversion": "1.0",
        "id": event_id(confirmation.id, event.sequence),
        "source": f"/shops/{confirmation.shop}",
        "type": event.type.value,
        "subject": confirmation.id,
        "time": timestamp(event.at),
        "datacontenttype": "application/json",
        "dataschema": dataschema,
        "data": {
            "confirmation_id": confirmation.id,
            "shop": confirmation.shop,
            "order_id": confirmation.order.id,
            "company": confirmation.company,
            "status": event.status.value,
            "outcome": None if event.outcome is None else event.outcome.value,
            "evidence": None if event.evidence is None else evidence_object(event.evidence),
            "attempts": event.attempts,
            "last_result": None if event.last_result is None else event.last_result.value,
            "sequence": event.sequence,
            "metadata": dict(confirmation.metadata),
            **test,
        },
    }


def evidence_object(evidence: Evidence) -> dict[str, object]:
    """Return evidence as a JSON object; `change`, `language` and `wish` only if known."""
    fields: dict[str, object] = {
        "channel": evidence.channel.value,
        "quote": evidence.quote,
        "note": evidence.note,
        "attempt": evidence.attempt,
        "at": timestamp(evidence.at),
    }
    if evidence.change is not None:
        change = evidence.change
        parts = {"address": change.address, "date": change.date, "items": change.items, "phone": change.phone}
        fields["change"] = {name: text for name, text in parts.items() if text is not None}
    if evidence.language is not None:
        fields["language"] = evidence.language
    if evidence.wish is not None:
        fields["wish"] = evidence.wish
    return fields


def timestamp(moment: datetime) -> str:
    """Return RFC 3339 in UTC with milliseconds, `2026-11-25T08:00:00.000Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
