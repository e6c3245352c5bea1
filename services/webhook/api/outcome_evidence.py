"""How the API shows what decided an outcome: in confirmations and in events alike."""

from typing import Annotated, NotRequired, cast

from pydantic import Field

from services.webhook.http.answers import Answer, Timestamp, optional
from shared.core.lifecycle.envelope import evidence_object
from shared.core.outcome import Channel, Evidence


class ChangeAnswer(Answer):
    """What the customer wants changed, in the customer's words; only what was named is there."""

    address: NotRequired[Annotated[str | None, optional()]]
    date: NotRequired[Annotated[str | None, optional()]]
    items: NotRequired[Annotated[str | None, optional()]]
    phone: NotRequired[Annotated[str | None, optional()]]


class EvidenceAnswer(Answer):
    """How we know the outcome."""

    channel: Channel
    quote: Annotated[str | None, Field(description="The customer's words; null for a key.")]
    note: str | None
    attempt: int
    at: Timestamp
    change: NotRequired[Annotated[ChangeAnswer | None, optional()]]
    language: NotRequired[
        Annotated[str | None, optional("The language in which the customer decided (BCP 47), where that is known.")]
    ]
    wish: NotRequired[
        Annotated[
            str | None,
            optional("The words in which the customer asked for it, if it was read back and `quote` is the answer to that."),
        ]
    ]


def evidence_answer(evidence: Evidence) -> EvidenceAnswer:
    """Return evidence as the API shows it, which is as events show it."""
    return cast("EvidenceAnswer", evidence_object(evidence))  # the core makes it for events; tests hold it to the model
