"""What an event holds, for the descriptions of streams, channels and webhooks; `shared.core.lifecycle.envelope` makes it."""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from services.webhook.api.outcome_evidence import EvidenceAnswer
from services.webhook.http.answers import Answer, Timestamp, optional
from shared.core.outcome import AttemptResult, Outcome, Status


class EventDataAnswer(Answer):
    """The state of the confirmation when the event happened."""

    confirmation_id: str
    shop: str
    order_id: str
    company: str
    status: Status
    outcome: Outcome | None
    evidence: EvidenceAnswer | None
    attempts: int
    last_result: AttemptResult | None
    sequence: int
    metadata: dict[str, str]
    is_test: NotRequired[
        Annotated[Literal[True], optional("Only there where a test key ordered it: nobody was phoned.", default=True)]
    ]


@with_config(extra="allow")
class EventAnswer(TypedDict):
    """The `data` of one server-sent event: a CloudEvents 1.0 envelope."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: Annotated[str, Field(examples=["confirmation.finished"])]
    subject: str
    time: Timestamp
    datacontenttype: Literal["application/json"]
    dataschema: Annotated[str, Field(description="URL of the JSON schema of `data`.")]
    data: EventDataAnswer
