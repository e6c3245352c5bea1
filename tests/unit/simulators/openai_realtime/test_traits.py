"""The page on the simulators lists every trait with the value that the profile `realistic` has."""

import re
from pathlib import Path

from simulators.openai_realtime.traits import OF_PROFILE, REALISTIC, Traits
from simulators.profile import Profile

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "simulators.md").read_text("utf-8")


def shown(value: object) -> str:
    """Return a value as the page writes it."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case tuple():
            return ", ".join(map(shown, value))
        case str():
            return f"`{value}`"
        case _:
            return str(value)


def listed() -> dict[str, str]:
    """Return the page's names of traits, and the values beside them."""
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|", PAGE, re.MULTILINE)
    pairs = ((re.findall(r"`(\w+)`", names), values) for names, values in rows)
    return {
        name: value
        for names, values in pairs
        for name, value in zip(names, values.split(", ") if len(names) > 1 else [values], strict=True)
    }


def test_the_page_lists_every_trait_and_the_value_that_it_has() -> None:
    assert listed() == {name: shown(getattr(REALISTIC, name)) for name in Traits.model_fields}


def test_every_profile_has_traits_and_the_ideal_one_none() -> None:
    assert set(OF_PROFILE) == set(Profile)
    assert OF_PROFILE[Profile.IDEAL].model_dump(exclude_defaults=True) == {}
