"""A key's name is written in `shared/store/keys.py` alone: no script and no other file of the product spells one."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.store import keys
from shared.store.redis.scripts import Script, text_of

ROOT = Path(__file__).resolve().parents[4]
LUA = sorted((ROOT / "shared/store/lua").rglob("*.lua"))
HOME = ROOT / "shared/store/keys.py"
PYTHON = sorted(path for part in ("shared", "services") for path in (ROOT / part).rglob("*.py") if path != HOME)

_LUA_STRING = re.compile(r"'([^']*)'")
_LITERAL_KEY = re.compile(r"redis\.call\('(?!XINFO')[A-Z]+', ['\"]")  # XINFO's first argument is a word of its own


def patterns() -> dict[str, str]:
    """Return each name and what it stands for, with `{parameter}` for what varies."""
    found = {name: value for name, value in vars(keys).items() if name.isupper() and isinstance(value, str)}
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        found[name] = function(*(f"{{{parameter}}}" for parameter in inspect.signature(function).parameters))
    return found


def beginnings() -> tuple[str, ...]:
    """Return how the keys of several words begin, such as `confirmation:`."""
    return tuple(
        {f"{pattern.partition(':')[0]}:" for name, pattern in patterns().items() if name != "begun_field" and ":" in pattern}
    )


def strings(source: str) -> Iterator[str]:
    """Yield the texts in Python source, those in f-strings too, but not the docstrings."""
    tree = ast.parse(source)
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            statement.value.value = None
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def test_no_two_names_stand_for_the_same_pattern() -> None:
    shapes = [re.sub(r"\{\w+\}", "*", pattern) for pattern in patterns().values()]
    assert len(set(shapes)) == len(shapes)
    assert beginnings()


@pytest.mark.parametrize("path", LUA, ids=lambda path: str(path.name))
def test_no_script_spells_a_key(path: Path) -> None:
    code = "\n".join(line.partition("--")[0] for line in path.read_text("utf-8").splitlines())
    assert [text for text in _LUA_STRING.findall(code) if ":" in text] == []
    assert _LITERAL_KEY.findall(code) == []


def test_no_other_python_file_spells_a_key() -> None:
    begins = beginnings()
    sources = {path: path.read_text("utf-8") for path in PYTHON}
    suspects = [path for path, source in sources.items() if any(f"{quote}{word}" in source for quote in "'\"" for word in begins)]
    spelt = [f"{path.relative_to(ROOT)}: {text}" for path in suspects for text in strings(sources[path]) if text.startswith(begins)]
    assert spelt == []


@pytest.mark.parametrize("script", Script)
def test_the_scripts_that_redis_gets_have_the_names_in_them(script: Script) -> None:
    assert "keys." not in text_of(script)
    assert "'due:parked'" in text_of(script)
