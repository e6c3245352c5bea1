"""Parsers for the values of variables, one for each kind of value. No error message repeats the value: it may be a secret."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from shared.core.dialing.caps import CallCap, SpendLimit
from shared.core.order import DAYS, Window
from shared.core.text import company_fault

WORKING_DAYS = frozenset(range(6))
RETRY_DELAYS_S: Mapping[str, int] = {
    "busy": 300,
    "no_answer": 1800,
    "machine": 7200,
    "failed": 600,
    "undecided": 3600,
    "error": 60,
}
SECRET_LENGTH = 32
API_KEY_LENGTH = 16
_ENCRYPTION_KEY_BYTES = 32
_MAX_PORT = 65535
_SWITCHES = {"on": True, "off": False}
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))")


class Bind(NamedTuple):
    """An address to listen on."""

    host: str
    port: int


def parse_list(text: str) -> list[str]:
    """Return the entries of a comma-separated list.

    Raises:
        ValueError: The list is empty.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise ValueError("the list is empty")
    return words


def parse_choice(text: str) -> str:
    """Return one of several choices, in lower case."""
    return text.strip().lower()


def parse_switch(text: str) -> bool:
    """Return True for `on`, False for `off`."""
    if parse_choice(text) not in _SWITCHES:
        raise ValueError("it should be on or off")
    return _SWITCHES[parse_choice(text)]


def parse_bind(text: str) -> Bind:
    """Return the parts of `host:port`; an IPv6 host must be in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > _MAX_PORT or (":" in host and host[:1] + host[-1:] != "[]"):
        raise ValueError("it should be host:port")
    return Bind(host.strip("[]"), int(port))


def _split_url(text: str, *schemes: str) -> SplitResult:
    fault = f"it should be {' or '.join(f'{scheme}://host' for scheme in schemes)}"
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(fault) from None  # urlsplit's own message repeats the value
    if not is_whole:
        raise ValueError(fault)
    return parts


def parse_http_origin(text: str) -> str:
    """Return an `http` or `https` origin: scheme, host and port in lower case, and nothing after them."""
    parts = _split_url(text, "http", "https")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it should be an origin: no path, no query, no user")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def parse_websocket_url(text: str) -> str:
    """Return a `ws` or `wss` URL without a query, to which the model is added."""
    if _split_url(text, "ws", "wss").query:
        raise ValueError("it should have no query: OPENAI_REALTIME_MODEL is added to it")
    return text


def parse_redis_url(text: str) -> str:
    """Return the URL of a server, a socket, or (`redis+sentinel://host:port,host:port/name/db`) of a Sentinel group."""
    if re.match(r"unix://[^/]*/.", text) or re.match(r"rediss?\+sentinel://[^/,]+(,[^/,]+)*/[^/]+", text):
        return text
    if "+sentinel:" in text:
        raise ValueError("it should be redis+sentinel://host:port,host:port/name/db")
    _split_url(text, "redis", "rediss", "unix")
    return text


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests` requests within `window_s` seconds."""

    requests: int
    window_s: int


def parse_rate(text: str) -> Rate | None:
    """Return `count/seconds`, None for `off`."""
    if parse_choice(text) == "off":
        return None
    found = re.fullmatch(r"([1-9]\d{0,8})/([1-9]\d{0,4})", text.strip(), re.ASCII)
    if found is None:
        raise ValueError("it should be requests/seconds, or off")
    return Rate(int(found[1]), int(found[2]))


def parse_call_cap(text: str) -> CallCap | None:
    """Return `calls/seconds`, None for `off`."""
    if parse_choice(text) == "off":
        return None
    found = re.fullmatch(r"([1-9]\d{0,5})/([1-9]\d{0,6})", text.strip(), re.ASCII)
    if found is None:
        raise ValueError("it should be calls/seconds, or off")
    return CallCap(int(found[1]), int(found[2]))


def parse_spend_limit(text: str) -> SpendLimit | None:
    """Return `dollars/seconds`, None for `off`; dollars may have cents."""
    if parse_choice(text) == "off":
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,2})?)/([1-9]\d{0,6})", text.strip(), re.ASCII)
    if found is None or Decimal(found[1]) == 0:
        raise ValueError("it should be dollars/seconds, or off")
    return SpendLimit(Decimal(found[1]), int(found[2]))


def parse_shop_keys(text: str) -> Mapping[str, str]:
    """Return the shop of each key in `shop:key,shop:key`; a shop may have several keys."""
    shops: dict[str, str] = {}
    for pair in parse_list(text):
        shop, colon, key = pair.partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9_-]{1,64}", shop):
            raise ValueError("it should be shop:key pairs, a shop's name of a-z, 0-9, _ and -")
        if not re.fullmatch(r"[!-~]+", key):
            raise ValueError(f"the key of {shop} should be of letters, digits and signs, without a space")
        if len(key) < API_KEY_LENGTH:
            raise ValueError(f"the key of {shop} should have at least {API_KEY_LENGTH} characters")
        if shops.setdefault(key, shop) != shop:
            raise ValueError(f"{shop} and {shops[key]} have the same key")
    return shops


def parse_companies(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return the companies of each shop in `shop:Name|Name2,shop:Name`."""
    companies: dict[str, tuple[str, ...]] = {}
    for pair in parse_list(text):
        shop, colon, listed = pair.partition(":")
        names = tuple(name.strip() for name in listed.split("|"))
        if not colon or not re.fullmatch(r"[a-z0-9_-]{1,64}", shop):
            raise ValueError("it should be shop:Name|Name2 pairs, a shop's name of a-z, 0-9, _ and -")
        if shop in companies:
            raise ValueError(f"{shop} should stand there once, as {shop}:Name|Name2")
        faults = [fault for name in names if (fault := company_fault(name)) is not None]
        if faults:
            raise ValueError(f"the companies of {shop} should be names: each {faults[0]}")
        companies[shop] = names
    return companies


def rotated(text: str) -> tuple[str, ...]:
    """Return the values of a secret that is being replaced, `new,old`: the first is used, both are accepted."""
    return tuple(value.strip() for value in text.split(","))


def parse_rotated_secret(text: str) -> str:
    """Return a secret, or two: the new one, a comma, and the old one."""
    values = rotated(text)
    if len(values) > 2 or not all(values):  # noqa: PLR2004 - new and old
        raise ValueError("it should be one value, or new,old")
    return ",".join(values)


def parse_signing_secret(text: str) -> str:
    """Return a secret, or new,old, each long enough for signatures."""
    if any(len(value) < SECRET_LENGTH for value in rotated(parse_rotated_secret(text))):
        raise ValueError(f"it should have at least {SECRET_LENGTH} characters")
    return ",".join(rotated(text))


def parse_encryption_keys(text: str) -> tuple[str, ...]:
    """Return Fernet keys: 32 random bytes each, in URL-safe base64."""
    keys = tuple(parse_list(text))
    if not all(_is_encryption_key(key) for key in keys):
        raise ValueError("each key should be 32 random bytes in URL-safe base64, which are 44 characters")
    return keys


def _is_encryption_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, altchars=b"-_", validate=True)) == _ENCRYPTION_KEY_BYTES
    except ValueError:
        return False


def parse_language(text: str) -> str:
    """Return a BCP 47 tag."""
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError("it should be a language tag")
    return text


def parse_timezone(text: str) -> str:
    """Return the name of a time zone of the tz database."""
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError("it should be a zone of the tz database") from error
    return text


def parse_window(text: str) -> Window:
    """Return the window `HH:MM-HH:MM` within one day; `24:00` is the end of the day."""
    found = _WINDOW.fullmatch(text.replace(" ", ""))
    if found is None:
        raise ValueError("it should be HH:MM-HH:MM")
    start = time(int(found[1]), int(found[2]))
    end = None if found[3] == "24:00" else time(int(found[4]), int(found[5]))
    if end is not None and end <= start:
        raise ValueError("it should end after its start, within one day")
    return Window(start, end)


def parse_days(text: str) -> frozenset[int]:
    """Return the days (0 is Monday) of a list of days and ranges; a range may go over the end of the week."""
    days: set[int] = set()
    for word in parse_list(text.lower()):
        first, dash, end = word.partition("-")
        last = end if dash else first
        if first not in DAYS or last not in DAYS:
            raise ValueError(f"it should be days or ranges of {', '.join(DAYS)}")
        start, length = DAYS.index(first), (DAYS.index(last) - DAYS.index(first)) % len(DAYS)
        days |= {(start + step) % len(DAYS) for step in range(length + 1)}
    return frozenset(days)


def parse_countries(text: str) -> frozenset[str]:
    """Return ISO 3166 country codes, or `*` alone."""
    codes = frozenset(parse_list(text.upper()))
    if codes != {"*"} and not all(re.fullmatch(r"[A-Z]{2}", code) for code in codes):
        raise ValueError("it should be two-letter codes, or * alone")
    return codes


def parse_retry_delays(text: str) -> Mapping[str, int]:
    """Return whole seconds by attempt result: the defaults, replaced by those in `result:seconds,...`."""
    delays: dict[str, int] = {}
    for pair in parse_list(text):
        result, _, seconds = (part.strip() for part in pair.partition(":"))
        if result not in RETRY_DELAYS_S:
            raise ValueError(f"a result should be one of {', '.join(RETRY_DELAYS_S)}")
        if not re.fullmatch(r"[1-9]\d{0,8}", seconds):
            raise ValueError(f"the delay of {result} should be whole seconds from 1")
        delays[result] = int(seconds)
    return {**RETRY_DELAYS_S, **delays}


def parse_phone_numbers(text: str) -> tuple[str, ...]:
    """Return phone numbers in E.164."""
    numbers = tuple(parse_list(text))
    if not all(re.fullmatch(r"\+[1-9]\d{6,14}", number) for number in numbers):
        raise ValueError("it should be numbers in E.164")
    return numbers


def parse_folder(text: str) -> Path | None:
    """Return a folder's path, None for `off`."""
    return None if parse_choice(text) == "off" else Path(text).expanduser()
