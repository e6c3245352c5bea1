"""The conversation's state has owners: an object's fields are written by its own methods, and no object has many of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[5] / "shared" / "core" / "conversation"
FILES = sorted(FOLDER.rglob("*.py"))
MAX_FIELDS = 14


def written_elsewhere(source: str) -> list[int]:
    """The lines of `source` that write a field, or an element of one, of any object but `self`."""
    return sorted({target.lineno for target in _targets(ast.parse(source)) if not _is_own(target)})


def fields(source: str) -> Iterator[tuple[str, set[str]]]:
    """Each class of `source` that has an `__init__`, and the fields that it writes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in node.body):
            yield node.name, {target.attr for target in _targets(node) if isinstance(target, ast.Attribute)}


def _targets(tree: ast.AST) -> Iterator[ast.Attribute | ast.Subscript]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node


def _is_own(target: ast.Attribute | ast.Subscript) -> bool:
    owner = target.value
    if isinstance(target, ast.Subscript):  # an element of a local value, or of a field of one's own
        return isinstance(owner, ast.Name) or (isinstance(owner, ast.Attribute) and _is_own(owner))
    return isinstance(owner, ast.Name) and owner.id == "self"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_no_module_writes_another_objects_fields(file: Path) -> None:
    assert written_elsewhere(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(FOLDER).as_posix())
def test_no_object_has_many_fields_and_each_is_a_slot(file: Path) -> None:
    source = file.read_text("utf-8")
    for name, written in fields(source):
        assert len(written) <= MAX_FIELDS, name
        assert f"class {name}:\n" in source
        assert "__slots__ = (" in source.partition(f"class {name}:\n")[2], name


@pytest.mark.parametrize(
    "line",
    [
        "conversation.state = 1",
        "conversation.closing.verdict = None",
        "conversation.silence.prompts += 1",
        "self.running.request = None",
        "closing.reason, closing.is_final = 'a', True",
        "conversation.items['a'] = 1",
        "del conversation.timers.due['a']",
        "del closing.reason",
        "conversation.reason: str = ''",
        "for self.closing.reason in 'ab': pass",
    ],
)
def test_the_check_sees_a_foreign_write(line: str) -> None:
    assert written_elsewhere(f"def f(self, conversation, closing):\n    {line}\n") == [2]


@pytest.mark.parametrize("line", ["self.verdict = None", "self._due['a'] = 1", "del self._due['a']", "spans['a'] = 1", "now = 1"])
def test_the_check_allows_a_write_of_ones_own(line: str) -> None:
    assert written_elsewhere(f"def f(self, spans):\n    {line}\n") == []
