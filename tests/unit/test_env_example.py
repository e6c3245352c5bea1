"""`.env.example` and the settings name the same variables, with the same defaults."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

import services
from shared.settings import groups
from shared.settings.environ import Settings, SettingsError, parse_settings, variables

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example", interpolate=False).items()}

ACCEPTED = {"TWILIO_FROM_NUMBERS"}  # required, but not a secret: a number of the example phones from nowhere
FILLED_IN = {
    "PUBLIC_URL": "https://calls.shop.example",
    "API_KEYS": "shopaz:0123456789abcdef",
    "SIGNING_SECRET": "0123456789abcdef" * 2,
    "ENCRYPTION_KEYS": "A" * 43 + "=",
    "OPENAI_API_KEY": "sk-0123456789",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "0123456789",
}


def settings_in(module: object) -> list[type[Settings]]:
    classes = [member for _, member in inspect.getmembers(module, inspect.isclass)]
    return [one for one in classes if issubclass(one, Settings) and one.model_fields]


def service_settings() -> list[type[Settings]]:
    names = [found.name for found in pkgutil.iter_modules(services.__path__) if found.ispkg]
    paths = [name for name in names if (ROOT / "services" / name / "settings.py").is_file()]
    return [one for name in paths for one in settings_in(importlib.import_module(f"services.{name}.settings"))]


ALL = [*settings_in(groups), *service_settings()]


def test_the_example_names_every_variable_once() -> None:
    lines = [line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if line[:1].isalpha()]

    assert sorted(lines) == sorted({name for settings in ALL for name in variables(settings)})


def test_it_names_what_compose_and_the_gateway_read_beside_the_settings() -> None:
    text = (ROOT / ".env.example").read_text()
    read = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    read |= set(re.findall(r"\{\$(GATEWAY_\w+)", (ROOT / "deploy" / "Caddyfile").read_text())) | {"COMPOSE_REDIS_URL"}

    named = set(re.findall(r"^#   (\w+)=", text, re.MULTILINE))
    assert named == read - EXAMPLE.keys()


def test_every_block_begins_with_a_comment() -> None:
    for block in (ROOT / ".env.example").read_text().split("\n\n"):
        assert block.startswith("#")


@pytest.mark.parametrize("settings", ALL)
def test_every_required_value_of_the_example_is_a_placeholder_that_is_refused(settings: type[Settings]) -> None:
    required = {name for name, field in variables(settings).items() if field.is_required()} - set(ACCEPTED)
    if not required:
        return

    with pytest.raises(SettingsError) as caught:
        parse_settings(settings, EXAMPLE)

    assert {fault.split(" is a placeholder")[0] for fault in caught.value.faults} == required


@pytest.mark.parametrize("settings", ALL)
def test_the_values_of_the_example_are_accepted_once_filled_in_and_are_the_defaults(settings: type[Settings]) -> None:
    made = parse_settings(settings, EXAMPLE | FILLED_IN)

    for name, field in settings.model_fields.items():
        if not field.is_required():
            assert getattr(made, name) == field.get_default(call_default_factory=True, validated_data={})
