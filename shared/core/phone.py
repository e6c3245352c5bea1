"""Phone numbers: one spelling (E.164), whether we may call them, their zones and country. No message repeats a number."""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType, timezone

from shared.core.errors import InvalidValueError

ANY_COUNTRY = "*"
_MAX_INPUT = 40
_KOSOVO = 383
_KOSOVO_MAX = 999_999_999
_NATIONAL_ZERO = re.compile(r"\(0\)")
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u2060\u200b-\u200f\u202a-\u202e]+")
_DIGITS = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)

# People in Kosovo, Albania and North Macedonia often leave the plus away: country code and national number.
_PLUS_FORGOTTEN = re.compile(r"383[0-9]{8}|355[0-9]{8,9}|389[0-9]{8}", re.ASCII)

# Before 2019 Kosovo's networks lived under the codes of Monaco, Slovenia and Serbia, and many address books still do.
# The old spelling is rewritten only while the shop calls nobody in the code's own country. (Source: notice of Kosovo's
# regulator ARKEP of 2019 on the end of parallel use.)
_LEGACY_KOSOVO = (
    ("MC", re.compile(r"\+3770?(4[45][0-9]{6})", re.ASCII)),
    ("SI", re.compile(r"\+3860?(4[39][0-9]{6})", re.ASCII)),
    ("RS", re.compile(r"\+3810?((?:2[89]|3[89])[0-9]{5,6})", re.ASCII)),
)

# All else (premium, shared cost, toll-free, UAN, personal, pager) invites toll fraud or can't be called.
_CALLABLE_TYPES = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
    }
)


def normalise(text: str, allowed_countries: AbstractSet[str]) -> str:
    """Return `text` in E.164 (`+38344123456`), if it is a number that may be called.

    `allowed_countries` holds ISO 3166 codes, or `*` for all.

    Raises:
        InvalidValueError: `invalid_phone`, `country_not_allowed` or `number_type_not_allowed`.
    """
    number, kind = _parsed(_international(text, allowed_countries))
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    country = country_of(e164)
    if country is None:
        raise InvalidValueError("country_not_allowed", "the number belongs to no country; such numbers are never called")
    if ANY_COUNTRY not in allowed_countries and country not in allowed_countries:
        allowed = ", ".join(sorted(allowed_countries))
        raise InvalidValueError("country_not_allowed", f"only numbers of these countries are called: {allowed}")
    if kind not in _CALLABLE_TYPES:
        message = "premium, shared-cost, toll-free and other special numbers are never called"
        raise InvalidValueError("number_type_not_allowed", message)
    return e164


def spelt_e164(text: str, allowed_countries: AbstractSet[str] = frozenset()) -> str | None:
    """Return `text` in E.164 if it is a valid number of any country and type, else None: it need not be one that we may call.

    `allowed_countries` decides only about the old codes of Kosovo, as in `normalise`.
    """
    try:
        number, _ = _parsed(_international(text, allowed_countries))
    except InvalidValueError:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=2048)
def zones_of(e164: str) -> tuple[str, ...]:
    """Return the IANA time zones in which the number may be; empty if that is not known."""
    zones = timezone.time_zones_for_number(_read(e164))
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)


@lru_cache(maxsize=2048)
def country_of(e164: str) -> str | None:
    """Return the ISO 3166 code of the number's country (`XK` for Kosovo), or None if it has none."""
    country = phonenumbers.region_code_for_number(_read(e164))
    return country if country is not None and country.isalpha() else None  # "001": satellite and other networks of no country


@lru_cache(maxsize=2048)
def _read(international: str) -> phonenumbers.PhoneNumber:
    """Return the number as an object, which nobody may change: the zones are asked for just after the number was checked."""
    return phonenumbers.parse(international)


def _parsed(international: str) -> tuple[phonenumbers.PhoneNumber, int]:
    """Return a valid number and its `PhoneNumberType`."""
    try:
        number = _read(international)
    except phonenumbers.NumberParseException as error:
        raise _invalid() from error
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN or _is_overlong(number):  # only valid numbers have a type
        raise _invalid()
    return number, kind


def _is_overlong(number: phonenumbers.PhoneNumber) -> bool:
    """Tell whether a number of Kosovo has a country code in it twice, which the numbering data lets pass."""
    return number.country_code == _KOSOVO and (number.national_number or 0) > _KOSOVO_MAX


def _international(text: str, allowed_countries: AbstractSet[str]) -> str:
    """Return `+` and digits: separators dropped, `00` and a forgotten plus replaced, old Kosovo codes rewritten."""
    if len(text) > _MAX_INPUT:
        raise _invalid()
    number = _SEPARATORS.sub("", _NATIONAL_ZERO.sub("", text))
    if number.startswith("00"):
        number = "+" + number[2:]
    elif _PLUS_FORGOTTEN.fullmatch(number):
        number = "+" + number
    if not _DIGITS.fullmatch(number):
        raise _invalid()
    for country, spelling in _LEGACY_KOSOVO:
        legacy = spelling.fullmatch(number)
        if legacy and not allowed_countries & {country, ANY_COUNTRY}:
            return "+383" + legacy[1]
    return number


def _invalid() -> InvalidValueError:
    message = "must be a valid phone number in international form: + and country code, such as +38344000000"
    return InvalidValueError("invalid_phone", message)
