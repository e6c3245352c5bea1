"""Reads a message part by part if it cannot be read as a whole: what is of the wrong type is left out, and noted."""

import json
from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec

from shared.core.errors import ConfirmerError

Note = Callable[[], None]
"""Counts a part that could not be read."""

_S = TypeVar("_S", bound=msgspec.Struct)


class UnreadableError(ConfirmerError):
    """The message is no JSON object."""


def json_object(message: bytes) -> Mapping[str, Any]:  # Any: JSON
    """Return the message, whatever its parts are.

    Raises:
        UnreadableError: It is no JSON object.
    """
    try:
        parts = json.loads(message.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        raise UnreadableError("no JSON") from error
    if not isinstance(parts, dict):
        raise UnreadableError("no JSON object")
    return parts


def struct_of(parts: Mapping[str, Any], shape: type[_S], note_unreadable: Note) -> _S:  # Any: JSON
    """Return the parts as that struct; a part that cannot be read is as if it were missing, and is noted."""
    read = {
        field.name: _part(parts[field.encode_name], field.type, note_unreadable)
        for field in msgspec.structs.fields(shape)
        if field.encode_name in parts
    }
    return shape(**{name: value for name, value in read.items() if value is not None})


def text_of(value: object) -> str | None:
    """Return a text that can be written as UTF-8 again, or None if the value is no text."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else None


def _part(value: object, wanted: object, note_unreadable: Note) -> object:
    if value is None:
        return None
    kind = next(one for one in get_args(wanted) if one is not type(None)) if isinstance(wanted, UnionType) else wanted
    if get_origin(kind) is list and isinstance(value, list):
        read = [_part(one, get_args(kind)[0], note_unreadable) for one in value]
        return [one for one in read if one is not None]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(value, dict):
        return struct_of(value, kind, note_unreadable)
    try:
        return text_of(msgspec.convert(value, str)) if kind is str else msgspec.convert(value, kind)
    except msgspec.ValidationError:
        note_unreadable()
        return None
