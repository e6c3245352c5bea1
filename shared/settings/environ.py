"""Reads settings from the environment: frozen, checked at the start, with all faults reported together in one line."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shared.core.errors import ConfirmerError

EXIT_CODE = 2
KEY_COMMAND = "key_command"
"""What a secret's `json_schema_extra` calls the command that prints a value for the `KEY` of its example."""
_PLACEHOLDER = re.compile(r"change[-_ ]?me", re.IGNORECASE)

SettingsT = TypeVar("SettingsT", bound="Settings")


class Settings(BaseModel):
    """The base of every settings group and of each service's own `Settings`.

    The field `call_window` is the variable `CALL_WINDOW`. A secret is a `SecretStr` or a field with `repr=False`; it may
    also come from the file that `NAME_FILE` names. A fault is reported with the first of the field's `examples`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class SettingsError(ConfirmerError):
    """Variables are missing or wrong; `faults` has one sentence for each, and the message is one line."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("wrong settings: " + "; ".join(faults))
        self.faults = faults


class SecretFileError(ConfirmerError):
    """The file that should hold a secret can't be used, or the secret is also in the environment."""


def variables(settings: type[Settings]) -> dict[str, FieldInfo]:
    """Return the environment variables that `settings` reads, by name."""
    return {name.upper(): field for name, field in settings.model_fields.items()}


def is_secret(field: FieldInfo) -> bool:
    """Return whether the field's value must not be shown and may be read from a file."""
    return field.annotation is SecretStr or not field.repr


def is_published(value: str, field: FieldInfo) -> bool:
    """Return whether a value is one of `.env.example` that must be replaced (`CHANGE-ME…`), or the example of a secret."""
    return _PLACEHOLDER.search(value) is not None or (is_secret(field) and field.is_required() and value in (field.examples or ()))


def parse_settings(settings: type[SettingsT], environ: Mapping[str, str]) -> SettingsT:
    """Make `settings` from variables; an empty variable counts as absent.

    Raises:
        SettingsError: Variables are missing or wrong; it names all of them.
    """
    fields = variables(settings)
    faults: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, field in fields.items():
        try:
            value = secret_text(name, environ) if is_secret(field) else environ.get(name, "").strip()
        except SecretFileError as error:
            faults[name] = str(error)
        else:
            if is_published(value, field):
                faults[name] = "is a placeholder that everybody can read: write a value of your own instead"
            elif value:
                values[name.lower()] = value
    try:
        made = settings.model_validate(values)
    except ValidationError as error:
        for name, fault in _faults(error):
            faults.setdefault(name, fault)
    else:
        if not faults:
            return made
    raise SettingsError(tuple(f"{name} {faults[name]}{_example(name, fields.get(name))}" for name in sorted(faults)))


def read_environ() -> dict[str, str]:
    """Return the variables of the process, and those of `.env` in the working directory that the process does not have.

    `ENV_FILE` names another file than `.env`; if it is empty, no file is read.
    """
    env_file = os.environ.get("ENV_FILE", ".env")
    from_file = dotenv_values(env_file, interpolate=False) if env_file and Path(env_file).is_file() else {}
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)


def load_settings(settings: type[SettingsT]) -> SettingsT:
    """Make `settings` from the environment; if it is wrong, end the process with one line and exit code 2."""
    try:
        return parse_settings(settings, read_environ())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_CODE) from None


def secret_text(name: str, environ: Mapping[str, str]) -> str:
    """Return a secret from its variable, or from the file that `NAME_FILE` names; empty if neither is set.

    Raises:
        SecretFileError: Both are set, or the file can't be read.
    """
    value = environ.get(name, "").strip()
    path = environ.get(f"{name}_FILE", "").strip()
    if not path:
        return value
    if value:
        raise SecretFileError(f"and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(f"can't be read: {name}_FILE names a file that gives {type(error).__name__}") from error


def _faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    """Yield each faulty variable with its fault, but without its value, which may be a secret in the wrong place."""
    for detail in error.errors(include_input=False, include_url=False):
        name = str(detail["loc"][0]).upper() if detail["loc"] else "settings"
        yield name, "is missing" if detail["type"] == "missing" else f"is wrong: {_sentence(detail)}"


def _sentence(detail: ErrorDetails) -> str:
    cause = detail.get("ctx", {}).get("error")
    text = str(cause) if cause is not None else str(detail["msg"]).replace("Input should", "it should")
    return " ".join(text.split())


def _example(name: str, field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    example = f", for example {name}={field.examples[0]}"
    extra = field.json_schema_extra
    return f"{example} with the KEY that this prints: {extra[KEY_COMMAND]}" if isinstance(extra, dict) else example
