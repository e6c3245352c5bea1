"""The bodies that shops send, as pydantic models: what validates is what `/openapi.json` shows."""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, model_validator

from services.webhook.api.currencies import DECIMALS
from services.webhook.api.fields import (
    Amount,
    Company,
    Currency,
    Day,
    Hours,
    LanguageTag,
    Line,
    LongLine,
    Moment,
    OrderId,
    Phone,
    Weekdays,
    Zone,
    fault,
)
from services.webhook.api.validation import Body
from services.webhook.api.validation_context import context_of
from shared.core.dialing.calendar import Calendar, in_named_zone
from shared.core.order import weekdays_text

MAX_ITEMS = 200
MAX_METADATA = 20
MAX_BULK_ITEMS = 1000
MAX_DELAY_S = 30 * 24 * 3600


class ItemBody(Body):
    """One line of an order."""

    name: Line = Field(examples=["Kufje me valë"])
    quantity: Annotated[int, Field(ge=1, le=100_000)] = 1


class DeliveryBody(Body):
    """Where and when the parcel is to arrive."""

    address: LongLine | None = Field(None, examples=["Rr. Agim Ramadani 12, Prishtinë"])
    date: Day | None = None


class OrderBody(Body):
    """What was ordered."""

    id: OrderId = Field(examples=["SHP-10482"])
    total: Amount | None = Field(None, description="A decimal number in a string; needs `currency`.")
    currency: Currency | None = None
    items: Annotated[list[ItemBody], Field(max_length=MAX_ITEMS)] | None = None
    delivery: DeliveryBody | None = None

    @model_validator(mode="after")
    def _is_money(self) -> Self:
        if self.total is None and self.currency is None:
            return self
        if self.currency is None:
            raise fault("required", "is required beside a total", at="currency")
        if self.total is None:
            raise fault("required", "is required beside a currency", at="total")
        decimals = DECIMALS[self.currency]
        if -int(self.total.as_tuple().exponent) > decimals:
            raise fault("invalid_amount", f"must have at most {decimals} decimals in this currency", at="total")
        return self


class CustomerBody(Body):
    """Whom to phone."""

    phone: Phone = Field(description="In international form; answered in E.164.")
    name: Line | None = Field(None, examples=["Arta"])
    language: LanguageTag | None = Field(None, description="BCP 47; else the number's country decides.")
    timezone: Zone | None = Field(
        None,
        description="IANA name; needed where the number may be in zones without a common hour to call. It chooses among the "
        "number's zones; another one narrows the hours and opens no hour that is closed where the number is.",
    )


RetriedResult = Literal["busy", "no_answer", "declined", "machine", "failed", "undecided", "error"]
DelayS = Annotated[int, Field(ge=1, le=MAX_DELAY_S)]


class CallBody(Body):
    """Wishes for the calls; what is left out follows the settings."""

    not_before: Moment | None = None
    expires_at: Moment | None = Field(None, description="No call is placed from then on; must lie in the future.")
    window: Hours | None = Field(
        None, description="Local time of the customer, within one day; it narrows the operator's hours and never widens them."
    )
    days: Weekdays | None = Field(None, description="Days and ranges; they narrow the operator's days and never widen them.")
    max_attempts: Annotated[int, Field(ge=1, le=50)] | None = Field(
        None, description="Calls in all; with more than the operator allows, the operator's number counts."
    )
    retry_delays: dict[RetriedResult, DelayS] | None = Field(
        None, description="Whole seconds after a call's end, by its result.", examples=[{"busy": 300}]
    )
    on_machine: Literal["hang_up", "leave_message"] | None = None
    priority: Literal["normal", "high"] | None = None

    @model_validator(mode="after")
    def _can_come_true(self, info: ValidationInfo) -> Self:
        context = context_of(info)
        if self.expires_at is not None and self.expires_at <= context.now:
            raise fault("in_the_past", "must lie in the future", at="expires_at")
        if self.not_before is not None and self.expires_at is not None and self.not_before >= self.expires_at:
            raise fault("after_expiry", "must lie before expires_at", at="not_before")
        policy = context.policy
        if self.window is not None and self.window.within(policy.window) is None:
            raise fault("window_not_allowed", f"must hold some of the hours that are allowed: {policy.window}", at="window")
        if self.days is not None and not self.days & policy.weekdays:
            allowed = weekdays_text(policy.weekdays)
            raise fault("days_not_allowed", f"must hold one of the days that are allowed: {allowed}", at="days")
        return self


MetadataValue = Annotated[str, Field(max_length=1000)]
MetadataName = Annotated[str, Field(min_length=1, max_length=100)]


class ConfirmationBody(Body):
    """An order to be confirmed by phone."""

    order: OrderBody
    company: Company = Field(description="Spoken in the greeting.", examples=["Shopaz"])
    customer: CustomerBody
    call: CallBody | None = None
    metadata: Annotated[dict[MetadataName, MetadataValue], Field(max_length=MAX_METADATA)] | None = Field(
        None, description="Yours; comes back with the confirmation and its events.", examples=[{"crm_id": "42"}]
    )

    @model_validator(mode="after")
    def _can_be_called(self, info: ValidationInfo) -> Self:
        context = context_of(info)
        zones, named = context.policy.zones_of(self.customer.phone), self.customer.timezone
        allowed = context.policy.window
        window = (self.call and self.call.window and self.call.window.within(allowed)) or allowed
        if len(zones) <= 1:
            return self
        rule = Calendar(window=window, zones=zones)
        if (rule if named is None else in_named_zone(named, rule, allowed)).has_common_hours:
            return self
        if named is None:
            message = "is required: this number may be in time zones without a common hour in the window"
            raise fault("timezone_required", message, at="customer/timezone")
        message = f"must be one of the zones that this number may be in: {', '.join(zones)}"
        raise fault("timezone_not_allowed", message, at="customer/timezone")


class BulkBody(Body):
    """Many orders at once; each is checked by itself."""

    items: Annotated[list[ConfirmationBody], Field(max_length=MAX_BULK_ITEMS)]
