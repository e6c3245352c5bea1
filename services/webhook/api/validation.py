"""Validation: from a JSON value to a body, or to the list of its faults, which name pointers and codes and repeat no value."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from services.webhook.api.fields import OWN
from services.webhook.api.validation_context import ValidationContext
from services.webhook.http.problems import MAX_FAULTS, FieldFault, faulty_fields


class Body(BaseModel):
    """Base of all bodies: unknown members are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


BodyT = TypeVar("BodyT", bound=Body)

_MAX_SEGMENT = 100
_KEY_MARK = "[key]"

# by pydantic's type of error: our code, and the message
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": ("required", "is required"),
    "extra_forbidden": ("unknown_field", "is no field of this object"),
    "model_type": ("wrong_type", "must be an object"),
    "dict_type": ("wrong_type", "must be an object"),
    "list_type": ("wrong_type", "must be an array"),
    "string_type": ("wrong_type", "must be a string"),
    "int_type": ("wrong_type", "must be a whole number"),
    "string_too_short": ("too_short", "must not be empty"),
    "string_too_long": ("too_long", "must have at most {max_length} characters"),
    "too_short": ("too_few", "must have at least {min_length} entries"),
    "too_long": ("too_many", "must have at most {max_length} entries"),
    "greater_than_equal": ("too_small", "must be at least {ge}"),
    "less_than_equal": ("too_large", "must be at most {le}"),
    "literal_error": ("not_allowed", "must be one of {expected}"),
}


def validated(model: type[BodyT], value: object, context: ValidationContext) -> BodyT:
    """Return `value` as a `model`.

    Raises:
        ProblemError: `validation_failed`, with the first of its faults.
    """
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    # outside the block, so that the problem does not keep pydantic's error, which holds the values
    raise faulty_fields([_fault(detail) for detail in details[:MAX_FAULTS]], count=len(details))


def _fault(detail: Mapping[str, Any]) -> FieldFault:  # Any: pydantic's description of an error
    segments = [str(segment) for segment in detail["loc"]]
    is_about_a_name = len(segments) > 1 and segments[-1] == _KEY_MARK
    if is_about_a_name:
        segments.pop()
    context = detail.get("ctx", {})
    if "at" in context:
        segments += str(context["at"]).split("/")
    if detail["type"].startswith(OWN):
        code, message = detail["type"].removeprefix(OWN), detail["msg"]
    else:
        code, template = _WORDS.get(detail["type"], ("invalid", "is not valid"))
        message = template.format_map(context)
    return FieldFault(_pointer(segments), code, f"its name {message}" if is_about_a_name else message)


def _pointer(segments: list[str]) -> str:
    escaped = (segment[:_MAX_SEGMENT].replace("~", "~0").replace("/", "~1") for segment in segments)
    return "".join(f"/{segment}" for segment in escaped)
