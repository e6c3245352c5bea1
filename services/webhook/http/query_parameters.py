"""Query parameters: each at most once; unknown ones are refused, and an empty one counts as left out."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from starlette.requests import Request

from services.webhook.http.problems import ProblemError, ProblemKind

EnumT = TypeVar("EnumT", bound=Enum)


def parameters(request: Request, *known: str) -> Mapping[str, str]:
    """Return the parameters that have a value.

    Raises:
        ProblemError: A parameter is not known, or is sent twice.
    """
    values: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            allowed = f"There are {', '.join(known)}." if known else "There are none here."
            raise invalid_parameter(name[:64], f"This parameter is not known. {allowed}")
        if name in values:
            raise invalid_parameter(name, "This parameter is there twice.")
        values[name] = value
    return {name: value for name, value in values.items() if value}


def choice(values: Mapping[str, str], name: str, choices: type[EnumT]) -> EnumT | None:
    """Return the member that a parameter names, None if it is left out.

    Raises:
        ProblemError: It names no member.
    """
    if name not in values:
        return None
    try:
        return choices(values[name])
    except ValueError:
        words = ", ".join(str(member.value) for member in choices)
        raise invalid_parameter(name, f"It must be one of {words}.") from None


def number(values: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """Return a whole number from 1 to `most`.

    Raises:
        ProblemError: The parameter is not such a number.
    """
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
        raise invalid_parameter(name, f"It must be a whole number from 1 to {most}.")
    return int(text)


def invalid_parameter(name: str, detail: str) -> ProblemError:
    """Return the problem of one parameter."""
    return ProblemError(ProblemKind.INVALID_PARAMETER, detail, extra={"parameter": name})
