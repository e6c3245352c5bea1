"""The rules of CONTRIBUTING.md that no other checker knows; `python -m tools.checks.house_rules` prints each breach."""

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("services", "shared", "simulators", "tools", "bench", "tests")
PRODUCT = ("services", "shared")
NOT_PRODUCT = ("simulators", "tools", "bench", "tests")
MAX_LINES = 300
MAX_TEST_LINES = 400
MAX_ATTRIBUTES = 15

_TODO = re.compile(r"#.*\b(TODO|FIXME|XXX)\b(?!.*#\d+)")
_RECORD_BASES = {"Struct", "BaseModel"}
_ANY_REASON = re.compile(r"# Any: \S|# noqa: ANN401 +- \S")
_CLOCKS = {"now", "utcnow", "today"}


@dataclass(frozen=True, slots=True, order=True)
class Breach:
    """One line that breaks a rule."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


def breaches(path: str, source: str) -> list[Breach]:
    """What `source`, the text of the Python file at `path` (relative to the repository), breaks."""
    tree = ast.parse(source)
    lines = source.splitlines()
    found = [Breach(path, line, rule) for line, rule in _text_rules(path, lines)]
    if ast.get_docstring(tree) is None:
        found.append(Breach(path, 1, "a module says its duty in a docstring"))
    for node in ast.walk(tree):
        found += [Breach(path, getattr(node, "lineno", 1), rule) for rule in _node_rules(path, node, lines)]
    return sorted(found)


def _text_rules(path: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    limit = MAX_TEST_LINES if path.startswith("tests/") else MAX_LINES
    if len(lines) > limit:
        yield len(lines), f"a file has at most {limit} lines, this one {len(lines)}"
    for token in tokenize.generate_tokens(iter([line + "\n" for line in lines]).__next__):
        if token.type == tokenize.COMMENT and _TODO.search(token.string):
            yield token.start[0], "a TODO names its issue: `# TODO #12: ...`"


def _node_rules(path: str, node: ast.AST, lines: list[str]) -> Iterator[str]:
    match node:
        case ast.ExceptHandler(type=kind) if _is_catch_all(kind) and not (
            _raises_on(node) or "# outermost" in lines[node.lineno - 1]
        ):
            yield "catch the narrowest error; an outermost loop says so: `except Exception:  # outermost: why`"
        case ast.Call(func=func) if _is_ownerless_task(func) and "# owned" not in lines[node.lineno - 1]:
            yield "every task lives in a TaskGroup; one that can't names its owner: `# owned: by whom, ended when`"
        case ast.Import() | ast.ImportFrom():
            yield from _import_rules(path, node)
        case ast.ClassDef() if (count := len(_attributes(node))) > MAX_ATTRIBUTES and not path.startswith("tests/"):
            yield f"a class has at most {MAX_ATTRIBUTES} attributes, {node.name} has {count}: split it by owner"
        case ast.Name(id="Any") if not (path.startswith("tests/") or _ANY_REASON.search(lines[node.lineno - 1])):
            yield "an `Any` has its reason on its line: `# Any: why`"
        case ast.Attribute(attr="patch") | ast.Name(id="patch") if _dotted(node) in {
            "mock.patch",
            "unittest.mock.patch",
        }:
            yield "no mock.patch: pass a small real fake in"
        case ast.Call(func=ast.Attribute(attr=clock, value=owner)) if _reads_clock(path, _dotted(owner), clock):
            yield "a pure file reads no clock: take `now` as an argument"
        case _:
            pass


def _attributes(node: ast.ClassDef) -> set[str]:
    """Return the attributes of the class's instances; none for a record, which only holds what others need together.

    A record is a dataclass, `Struct` or `BaseModel` whose methods assign none of its fields: its length follows a form
    (settings, a body of the API, a row of a ledger), and splitting it would only nest that form.
    """
    assigned = {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and _dotted(part.value) == "self"
    }
    if not _holds_fields(node) or not assigned:
        return assigned
    declared = [part for part in node.body if isinstance(part, ast.AnnAssign) and "ClassVar" not in ast.unparse(part.annotation)]
    return assigned | {part.target.id for part in declared if isinstance(part.target, ast.Name)}


def _holds_fields(node: ast.ClassDef) -> bool:
    decorators = {_dotted(decorator).split(".")[-1] for decorator in node.decorator_list}
    return "dataclass" in decorators or any(_dotted(base).split(".")[-1] in _RECORD_BASES for base in node.bases)


def _import_rules(path: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    names = [alias.name for alias in node.names]
    if "unittest.mock" in modules or ("unittest" in modules and "mock" in names):
        yield "no mock.patch: pass a small real fake in"
    if "asyncio" in modules and {"create_task", "ensure_future"} & set(names):
        yield "every task lives in a TaskGroup"
    if is_pure(path) and any(module.startswith("urllib") and module != "urllib.parse" for module in modules):
        yield "a pure file opens no URL: of urllib it uses `urllib.parse` alone"
    if path.startswith(PRODUCT) and any(module.split(".")[0] in NOT_PRODUCT for module in modules):
        yield "the product imports neither simulators, tools, bench nor tests"


def is_pure(path: str) -> bool:
    """Whether the file may reach nothing but its arguments."""
    return path.startswith("shared/core/") or path.endswith("_wire.py")


def _reads_clock(path: str, owner: str, attribute: str) -> bool:
    return is_pure(path) and attribute in _CLOCKS and owner.split(".")[-1] in {"datetime", "date"}


def _is_catch_all(kind: ast.expr | None) -> bool:
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or _dotted(one) in {"Exception", "BaseException"} for one in kinds)


def _raises_on(handler: ast.ExceptHandler) -> bool:
    """Whether what is caught goes on: then nothing is swallowed."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _is_ownerless_task(func: ast.expr) -> bool:
    if _dotted(func) in {"asyncio.create_task", "asyncio.ensure_future"}:
        return True
    return isinstance(func, ast.Attribute) and func.attr in {"create_task", "ensure_future"} and "loop" in _dotted(func.value)


def _dotted(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
        case ast.Call(func=func):
            return _dotted(func)
        case _:
            return ""


def main() -> int:
    """Check every Python file of the repository; the exit code is 1 if one breaks a rule."""
    files = [file for part in PARTS for file in sorted((ROOT / part).rglob("*.py"))]
    found = [breach for file in files for breach in breaches(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))]
    for breach in found:
        print(breach)
    print(f"house rules: {len(files)} files, {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
