"""The answers as pydantic models: what `/openapi.json` shows. The code that answers is held to them by tests."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.core.ids import CONFIRMATION_ID
from shared.core.outcome import AttemptResult, Channel, Direction, Outcome, Status

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-25T08:00:00.000Z"])]


class Answer(BaseModel):
    """What all answers have in common: exactly these members, absent values being null."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemAnswer(Answer):
    """One line of an order."""

    name: str
    quantity: int


class DeliveryAnswer(Answer):
    """Where and when the parcel is to arrive."""

    address: str | None
    date: Annotated[str, Field(json_schema_extra={"format": "date"})] | None


class OrderAnswer(Answer):
    """What was ordered."""

    id: str
    total: str | None = Field(description="A decimal number in a string.")
    currency: str | None
    items: list[ItemAnswer]
    delivery: DeliveryAnswer | None


class CustomerAnswer(Answer):
    """Whom we phone."""

    phone: str = Field(description="E.164")
    name: str | None
    language: str | None
    timezone: str | None


class CallAnswer(Answer):
    """The wishes for the calls, filled up from the settings."""

    not_before: Moment | None
    expires_at: Moment | None
    window: str
    max_attempts: int
    retry_delays: dict[str, int]
    on_machine: Literal["hang_up", "leave_message"]
    priority: Literal["normal", "high"]


class ChangeAnswer(BaseModel):
    """What the customer wants changed, in the customer's words; only what was named is there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str | None = None
    date: str | None = None
    items: str | None = None
    phone: str | None = None


class EvidenceAnswer(Answer):
    """How we know the outcome."""

    channel: Channel
    quote: str | None = Field(description="The customer's words; null for a key.")
    note: str | None
    attempt: int
    at: Moment
    change: ChangeAnswer | None = None
    language: str | None = Field(None, description="The language in which the customer decided (BCP 47), where that is known.")


class AttemptAnswer(Answer):
    """One call."""

    number: int = Field(ge=1)
    direction: Direction
    call_sid: str | None
    from_: str | None = Field(alias="from")
    result: AttemptResult | None = Field(description="Null while the call runs.")
    reason: str | None
    answered_by: str | None = Field(description="Twilio's word.")
    placed_at: Moment
    answered_at: Moment | None
    ended_at: Moment | None
    duration_s: int | None
    disclosure_played_at: Moment | None = Field(description="When it had been said that an automated assistant speaks.")
    cost: str | None = Field(description="What the speech model cost, in US dollars: a decimal number in a string.")


class ConfirmationAnswer(Answer):
    """An order that is being confirmed, or was."""

    id: str = Field(pattern=f"^{CONFIRMATION_ID}$")
    shop: str
    status: Status
    outcome: Outcome | None = Field(description="Set once it is finished, and never changed.")
    order: OrderAnswer
    company: str
    customer: CustomerAnswer
    call: CallAnswer
    metadata: dict[str, str]
    created_at: Moment
    updated_at: Moment
    next_attempt_at: Moment | None
    evidence: EvidenceAnswer | None
    attempts: list[AttemptAnswer]
    is_test: Literal[True] = Field(default=True, description="Only there where a test key ordered it: nobody is phoned.")


class PageAnswer(Answer):
    """A part of a listing."""

    items: list[ConfirmationAnswer]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class FaultAnswer(Answer):
    """One faulty field."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body.", examples=["/customer/phone"])
    code: str = Field(examples=["invalid_phone"])
    message: str


class ProblemAnswer(BaseModel):
    """An error (RFC 9457). `code` is stable; some kinds have further members."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str = Field(examples=["/problems/validation-failed"])
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultAnswer] | None = Field(None, description="Only where fields are faulty.")


class BulkTaken(Answer):
    """An item that was taken in (202), or was open already (200)."""

    status: Literal[200, 202]
    confirmation: ConfirmationAnswer


class BulkRefused(Answer):
    """An item that was refused."""

    status: Literal[409, 410, 422]
    problem: ProblemAnswer


class BulkAnswer(Answer):
    """The results, in the order of the items."""

    results: list[BulkTaken | BulkRefused]


class PreviewAnswer(Answer):
    """What the customer would hear, and when."""

    language: str
    greeting: str
    details: str
    keypad: str
    goodbyes: dict[str, str] = Field(description="By the result of the call.")
    voicemail: str
    next_attempt_at: Moment | None


class TurnAnswer(Answer):
    """One turn of a conversation."""

    attempt: int
    speaker: Literal["agent", "customer"]
    text: str
    at: Moment
    interrupted: bool


class TranscriptAnswer(Answer):
    """What was said."""

    turns: list[TurnAnswer]


class OptOutAnswer(Answer):
    """A number that must not be called."""

    phone: str
    since: Moment


class OptOutPageAnswer(Answer):
    """A part of the do-not-call list, newest first."""

    items: list[OptOutAnswer]
    next_cursor: str | None


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
    is_test: Literal[True] = Field(default=True, description="Only there where a test key ordered it: nobody was phoned.")


class EventAnswer(BaseModel):
    """The `data` of one server-sent event: a CloudEvents 1.0 envelope."""

    model_config = ConfigDict(extra="allow", frozen=True)

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str = Field(examples=["confirmation.finished"])
    subject: str
    time: Moment
    datacontenttype: Literal["application/json"]
    dataschema: str = Field(description="URL of the JSON schema of `data`.")
    data: EventDataAnswer
