"""The stored form of a confirmation: a header of one line, then JSON without what is None or empty.

`lua/prelude.lua` says what the header holds; the scripts write it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from shared.core.confirmation import SCHEMA_VERSION, Confirmation
from shared.core.errors import ConfirmerError
from shared.store import keys

_decoder = msgspec.json.Decoder(Confirmation)
_encoder = msgspec.json.Encoder()


class UnknownSchemaError(ConfirmerError):
    """A record was written by a newer version of this program."""


@dataclass(frozen=True, slots=True)
class ConfirmationRecord:
    """A confirmation as stored; `version` counts its commits."""

    confirmation: Confirmation
    version: int


def encode(confirmation: Confirmation) -> str:
    """Return the JSON part of the record."""
    return _encoder.encode(compact(msgspec.to_builtins(confirmation))).decode()


def compact(value: Any) -> Any:  # noqa: ANN401  # Any: JSON of any shape
    """Return `value` without what is None or empty; decoding puts the defaults back."""
    if isinstance(value, dict):
        kept = {}
        for key, part in value.items():
            if part is None:
                continue
            if isinstance(part, (dict, list, tuple)) and not (part := compact(part)):
                continue
            kept[key] = part
        return kept
    return [compact(part) for part in value] if isinstance(value, (list, tuple)) else value


def decode(stored: bytes) -> ConfirmationRecord:
    """Read a record.

    Raises:
        UnknownSchemaError: A newer program wrote it.
    """
    header, _, body = stored.partition(b"\n")
    schema, version, _ = header.split(b" ", 2)
    if int(schema) > SCHEMA_VERSION:
        raise UnknownSchemaError(
            f"a stored record has schema {int(schema)}, this program knows {SCHEMA_VERSION}: start the newer version"
        )
    return ConfirmationRecord(_decoder.decode(body), int(version))


def decode_if_readable(stored: bytes) -> ConfirmationRecord | None:
    """Read a record; return None if this program cannot."""
    try:
        return decode(stored)
    except (UnknownSchemaError, msgspec.MsgspecError, ValueError, RecursionError):
        return None


def state_word(confirmation: Confirmation) -> str:
    """Return the word in the header that tells the scripts the state.

    It is `waiting`, `calling`, `rehearsing` (a call of a test order), `replying` (finished, and the customer has phoned us about
    it) or `finished`.
    """
    is_called = confirmation.open_attempt is not None and not confirmation.is_test
    if confirmation.is_finished:
        return "replying" if is_called else "finished"
    if is_called:
        return "calling"
    return "waiting" if confirmation.open_attempt is None else "rehearsing"


def is_finished(header: bytes) -> bool:
    """Tell from the header of a record whether it is finished; the body may be unreadable."""
    return header.partition(b"\n")[0].split(b" ")[2:3] in ([b"finished"], [b"replying"])


def listing_key(confirmation: Confirmation) -> str:
    """Name the one listing that a confirmation is in: by its status, and once it is finished by its outcome."""
    return keys.listing(confirmation.shop, (confirmation.outcome or confirmation.status).value)


def to_ms(moment: datetime) -> int:
    """Return Redis's score for a moment: whole milliseconds since 1970, rounded up, so that nothing is due early."""
    return -int(-moment.timestamp() * 1000 // 1)


def from_ms(score: float) -> datetime:
    """Return the moment of a score."""
    return datetime.fromtimestamp(score / 1000, UTC)


def from_time(seconds: int, micros: int) -> datetime:
    """Return the moment that Redis's TIME gave."""
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
