"""The vendor's error codes of sessions and responses, each with its type and message."""

from collections.abc import Mapping
from typing import Final

from simulators.openai_realtime.events.validators import Json

_UNKNOWN = ("invalid_request_error", "The request failed.")
ERRORS: Final[Mapping[str, tuple[str, str]]] = {
    "beta_api_shape_disabled": (
        "invalid_request_error",
        "The Realtime Beta API is no longer supported. Please use the GA API.",
    ),
    "missing_model": ("invalid_request_error", "You must provide a model parameter."),
    "invalid_intent": ("invalid_request_error", "The intent is not supported."),
    "invalid_api_key": ("authentication_error", "Incorrect API key provided."),
    "insufficient_quota": (
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "billing_hard_limit_reached": ("invalid_request_error", "Billing hard limit has been reached."),
    "account_deactivated": ("invalid_request_error", "The OpenAI account associated with this API key has been deactivated."),
    "model_not_found": ("invalid_request_error", "The model does not exist or you do not have access to it."),
    "inference_rate_limit_exceeded": ("invalid_request_error", "Rate limit reached. Please try again later."),
}


def error_json(code: str) -> Json:
    """Return the error of that code without `param` and `event_id`, as a failed response shows it."""
    kind, message = ERRORS.get(code, _UNKNOWN)
    return {"type": kind, "code": code, "message": message}


def error_event(code: str) -> Json:
    """Return the `error` event of that code, still without its own id."""
    return {"type": "error", "error": {**error_json(code), "param": None, "event_id": None}}


def close_reason(code: str) -> str:
    """Return the reason of the close frame with 4000: `<type>.<code>`."""
    return f"{ERRORS.get(code, _UNKNOWN)[0]}.{code}"
