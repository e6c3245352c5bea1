"""`.env.example` and the settings name the same variables, with the same defaults."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from dotenv import dotenv_values

import services
from shared.settings import groups
from shared.settings.environ import Settings, parse_settings, variables

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example", interpolate=False).items()}


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


def test_every_block_begins_with_a_comment() -> None:
    for block in (ROOT / ".env.example").read_text().split("\n\n"):
        assert block.startswith("#")


@pytest.mark.parametrize("settings", ALL)
def test_the_values_of_the_example_are_accepted_and_are_the_defaults(settings: type[Settings]) -> None:
    made = parse_settings(settings, EXAMPLE)

    for name, field in settings.model_fields.items():
        if not field.is_required():
            assert getattr(made, name) == field.get_default(call_default_factory=True, validated_data={})
