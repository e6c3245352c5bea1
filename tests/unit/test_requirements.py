"""What goes into the images is what the services use."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("services", "shared")
IMPORTED_BY_OTHERS = {"httptools", "tzdata"}
BROUGHT_BY_OTHERS = {"pydantic-core"}  # the compiled half of pydantic, which pins its version


def required(text: str) -> dict[str, str]:
    """Return the comment of each required package, by the package's name in lower case."""
    lines = [line.partition("#") for line in text.splitlines()]
    packages = {line.partition(";")[0].partition("==")[0].strip().lower(): why.strip() for line, _, why in lines}
    return {name: why for name, why in packages.items() if name and not name.startswith("-")}


def imported_modules(tree: ast.AST) -> Iterator[str]:
    """Yield the first part of each absolute import's name."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]
            case _:
                pass


@cache
def imported_packages() -> set[str]:
    """Return the packages that `services/` and `shared/` import, by the names under which they are installed."""
    sources = [path.read_text("utf-8") for folder in PRODUCT for path in (ROOT / folder).rglob("*.py")]
    modules = {module for source in sources for module in imported_modules(ast.parse(source))}
    owners = packages_distributions()
    return {package.lower().replace("_", "-") for module in modules for package in owners.get(module, ())}


RUNTIME = required((ROOT / "requirements" / "runtime.in").read_text("utf-8"))


def test_every_package_of_the_images_is_imported_or_says_who_needs_it() -> None:
    unused = {name for name in RUNTIME if name not in imported_packages()}
    assert unused == IMPORTED_BY_OTHERS
    assert all(RUNTIME[name] for name in unused)


def test_every_package_that_is_imported_is_required() -> None:
    assert imported_packages() - RUNTIME.keys() == BROUGHT_BY_OTHERS


def test_every_locked_package_has_one_version_and_hashes_and_no_registry_is_named() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) == len(list((ROOT / "requirements").glob("*.in")))
    for lock in locks:
        packages = lock.read_text("utf-8").replace("\\\n", " ").splitlines()[1:]
        assert [line for line in packages if not re.match(r"[\w.-]+(\[\w+\])?==[^ ]+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
        assert "://" not in lock.read_text("utf-8")


def test_a_requirement_is_read_with_its_marker_its_version_and_its_comment() -> None:
    text = "# a heading\n-r other.in\nrq==3.0.0  # exact\nuvloop; sys_platform != 'win32'\n"
    assert required(text) == {"rq": "exact", "uvloop": ""}


def test_imports_are_found_inside_functions_and_relative_ones_are_ours() -> None:
    tree = ast.parse("import a.b as c\nfrom d.e import f\nfrom . import g\ndef h():\n    import i\n")
    assert list(imported_modules(tree)) == ["a", "d", "i"]
