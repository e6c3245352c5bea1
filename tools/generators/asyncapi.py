"""Writes docs/asyncapi.yaml from the models: run `python -m tools.generators.asyncapi` after every change to the events' fields."""

from pathlib import Path

import yaml

from services.webhook.asyncapi import document

FILE = Path(__file__).resolve().parents[2] / "docs" / "asyncapi.yaml"
_HEAD = "# Written by `python -m tools.generators.asyncapi`; a test keeps it equal to the models.\n"


def text() -> str:
    """Return the file's whole text."""
    return _HEAD + yaml.safe_dump(document(), allow_unicode=True, sort_keys=False, width=120)


def main() -> None:
    """Write the file."""
    FILE.write_text(text(), "utf-8")
    print(f"wrote {FILE}")


if __name__ == "__main__":
    main()
