"""The types of the fields of bodies: each reads one JSON value strictly and says what is allowed."""

import re
import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from services.webhook.api.currencies import DECIMALS
from services.webhook.api.validation_context import context_of
from shared.core.errors import InvalidValueError
from shared.core.order import Window
from shared.core.phone import normalise
from shared.core.text import COMPANY_CHARACTERS, clean, company_fault, same_name
from shared.settings.parsers import parse_days, parse_window

OWN = "own."  # prefix of our codes among pydantic's types of error
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)


def fault(code: str, message: str, *, at: str | None = None) -> PydanticCustomError:
    """Return the error for a broken rule; `at` names the member of the object that breaks it."""
    return PydanticCustomError(f"{OWN}{code}", message, {"at": at} if at else None)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise fault("wrong_type", "must be a string")
    if _CONTROL.search(value):
        raise fault("control_character", "must hold no control characters")
    if not value.strip():
        raise fault("blank", "must not be blank")
    return value


def _json(schema: dict[str, Any]) -> WithJsonSchema:  # Any: a JSON schema
    return WithJsonSchema({"type": "string", **schema})


def _up_to(max_length: int, value: object) -> str:
    text = _text(value)
    if len(text) > max_length:
        raise fault("too_long", f"must have at most {max_length} characters")
    return text


def _cleaned(text: str) -> str:
    cleaned = clean(text)
    if not cleaned.strip():
        raise fault("blank", "must hold more than markup and invisible characters")
    return cleaned


def _verbatim(max_length: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the annotations of a `str` field that is kept as it is sent: not blank, of at most `max_length` characters."""

    def read(value: object) -> str:
        return _up_to(max_length, value)

    return BeforeValidator(read), _json({"minLength": 1, "maxLength": max_length})


def _words(max_length: int) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the annotations of a `str` field that is kept without markup and invisible characters."""

    def read(value: object) -> str:
        return _cleaned(_up_to(max_length, value))

    return BeforeValidator(read), _json({"minLength": 1, "maxLength": max_length})


def _parser(parse: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that calls `parse` with the text of the field."""

    def read(value: object) -> object:
        return parse(_text(value))

    return BeforeValidator(read)


def _amount(text: str) -> Decimal:
    if not _AMOUNT.fullmatch(text):
        raise fault("invalid_amount", 'must be a decimal number in a string, such as "59.90": at most 12 digits and 3 decimals')
    return Decimal(text)


def _currency(text: str) -> str:
    if text not in DECIMALS:
        raise fault("invalid_currency", "must be the ISO 4217 code of a currency in capitals, such as EUR")
    return text


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper()).astimezone(UTC) if _MOMENT.fullmatch(text) else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise fault("invalid_time", "must be a time with its offset as in RFC 3339, such as 2026-11-25T09:00:00+01:00")
    if moment >= LATEST:
        raise fault("too_late", "must lie before the year 2100")
    return moment


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise fault("invalid_date", "must be a date such as 2026-11-25")
    return day


def _window(text: str) -> Window:
    try:
        return parse_window(text)
    except ValueError:
        message = "must be a span within one day, HH:MM-HH:MM, such as 09:00-20:00; it may end at 24:00"
        raise fault("invalid_window", message) from None


def _days(text: str) -> frozenset[int]:
    try:
        return parse_days(text)
    except ValueError:
        raise fault("invalid_days", "must be days of the week or ranges of them, such as mon-fri or mon,wed,sat") from None


@cache
def zone_names() -> frozenset[str]:
    """Return the names of the tz database."""
    return frozenset(zoneinfo.available_timezones())


def _zone(text: str) -> str:
    if text not in zone_names():
        raise fault("invalid_timezone", "must be a name of the IANA time zone database, such as Europe/Tirane")
    return text


def _phone(value: object, info: ValidationInfo) -> str:
    try:
        return normalise(_text(value), context_of(info).allowed_countries)
    except InvalidValueError as error:
        raise fault(error.code, error.message) from None


def _language(value: object, info: ValidationInfo) -> str:
    text, context = _text(value), context_of(info)
    if not _LANGUAGE.fullmatch(text):
        raise fault("invalid_language", "must be a BCP 47 language tag, such as sq")
    if text.partition("-")[0].lower() not in context.languages:
        spoken = ", ".join(sorted(context.languages))
        raise fault("language_not_spoken", f"must be one of the languages that are spoken: {spoken}")
    return text


def _company(value: object, info: ValidationInfo) -> str:
    name = _cleaned(_text(value)).strip()
    if len(name) > COMPANY_CHARACTERS:
        raise fault("too_long", f"must have at most {COMPANY_CHARACTERS} characters")
    message = company_fault(name)
    if message is not None:
        raise fault("invalid_company", message)
    allowed = context_of(info).companies
    if allowed and not any(same_name(name, one) for one in allowed):
        raise fault("company_not_allowed", f"must be one of the shop's companies: {', '.join(allowed)}")
    return name


OrderId = Annotated[str, *_verbatim(64)]
Company = Annotated[str, BeforeValidator(_company), _json({"minLength": 1, "maxLength": COMPANY_CHARACTERS})]
Line = Annotated[str, *_words(200)]
LongLine = Annotated[str, *_words(500)]
Amount = Annotated[Decimal, _parser(_amount), _json({"pattern": f"^{_AMOUNT.pattern}$", "examples": ["59.90"]})]
Currency = Annotated[str, _parser(_currency), _json({"pattern": "^[A-Z]{3}$", "examples": ["EUR"]})]
Moment = Annotated[datetime, _parser(_moment), _json({"format": "date-time"})]
Day = Annotated[date, _parser(_day), _json({"format": "date", "examples": ["2026-11-25"]})]
Hours = Annotated[Window, _parser(_window), _json({"examples": ["09:00-20:00"]})]
Weekdays = Annotated[frozenset[int], _parser(_days), _json({"examples": ["mon-sat"]})]
Zone = Annotated[str, _parser(_zone), _json({"examples": ["Europe/Tirane"]})]
Phone = Annotated[str, BeforeValidator(_phone), _json({"examples": ["+38344123456"]})]
LanguageTag = Annotated[str, BeforeValidator(_language), _json({"examples": ["sq"]})]
