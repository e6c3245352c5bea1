"""Checks JSON values against declared shapes; the first value that does not fit gets the API's error."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]  # Any: a JSON object from the wire, of which nothing is known before it is checked

Check = Callable[[object, str], None]
"""Takes a value and its path (`session.audio.input`); raises `RefusedError` if the value does not fit."""


class RefusedError(Exception):
    """Becomes an `error` event. `param` names the field, `code` says what is wrong with it."""

    def __init__(self, code: str | None, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param


def invalid(path: str, expected: str) -> RefusedError:
    """Return the refusal of a value that has the wrong kind for its place."""
    return RefusedError("invalid_value", f"Invalid value for '{path}': expected {expected}.", path)


def object_with(*, required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None) -> Check:
    """Check for an object with exactly these keys."""
    needed = required or {}
    known = {**needed, **(optional or {})}

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise invalid(path, "an object")
        for key in value:
            if key not in known:
                at = _join(path, key)
                raise RefusedError("unknown_parameter", f"Unknown parameter: '{at}'.", at)
        for key in needed:
            if key not in value:
                at = _join(path, key)
                raise RefusedError("missing_required_parameter", f"Missing required parameter: '{at}'.", at)
        for key, inner in value.items():
            known[key](inner, _join(path, key))

    return check


def tagged(key: str, choices: Mapping[str, Check]) -> Check:
    """Check for an object whose `key` says which of the shapes it has."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise invalid(path, "an object")
        at = _join(path, key)
        if key not in value:
            raise RefusedError("missing_required_parameter", f"Missing required parameter: '{at}'.", at)
        tag = value[key]
        if not isinstance(tag, str) or tag not in choices:
            supported = ", ".join(f"'{choice}'" for choice in choices)
            message = f"Invalid value: '{tag}'. Supported values are: {supported}."
            raise RefusedError("invalid_value", message, at)
        choices[tag](value, path)

    return check


def one_of(*allowed: object) -> Check:
    """Check for one of these literals."""

    def check(value: object, path: str) -> None:
        if not any(value == choice and type(value) is type(choice) for choice in allowed):
            supported = ", ".join(f"'{choice}'" for choice in allowed)
            message = f"Invalid value: '{value}'. Supported values are: {supported}."
            raise RefusedError("invalid_value", message, path)

    return check


def text(*, longest: int | None = None) -> Check:
    """Check for a string of at most `longest` characters."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, str):
            raise invalid(path, "a string")
        if longest is not None and len(value) > longest:
            raise invalid(path, f"a string of at most {longest} characters")

    return check


def number(low: float, high: float) -> Check:
    """Check for a number within the bounds, both included."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise invalid(path, f"a number between {low} and {high}")

    return check


def integer(low: int, high: int = 2**53) -> Check:
    """Check for a whole number within the bounds, both included."""

    def check(value: object, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise invalid(path, f"an integer between {low} and {high}")

    return check


def boolean(value: object, path: str) -> None:
    """Check for true or false."""
    if not isinstance(value, bool):
        raise invalid(path, "a boolean")


def anything(_value: object, _path: str) -> None:
    """Accept any value."""


def an_object(value: object, path: str) -> None:
    """Accept any object."""
    if not isinstance(value, dict):
        raise invalid(path, "an object")


def array(inner: Check, *, longest: int | None = None) -> Check:
    """Check for a list of such values."""

    def check(value: object, path: str) -> None:
        if not isinstance(value, list):
            raise invalid(path, "an array")
        if longest is not None and len(value) > longest:
            raise invalid(path, f"an array of at most {longest}")
        for index, element in enumerate(value):
            inner(element, f"{path}[{index}]")

    return check


def nullable(inner: Check) -> Check:
    """Check for such a value or null."""

    def check(value: object, path: str) -> None:
        if value is not None:
            inner(value, path)

    return check


def first_that_fits(expected: str, *choices: Check) -> Check:
    """Check for a value of any of these kinds."""

    def check(value: object, path: str) -> None:
        for choice in choices:
            try:
                choice(value, path)
            except RefusedError:
                continue
            return
        raise invalid(path, expected)

    return check


def _join(path: str, key: object) -> str:
    return f"{path}.{key}" if path else str(key)
