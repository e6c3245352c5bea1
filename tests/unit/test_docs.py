"""What the documents name is there: files, folders, pages and their headings."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = ("services", "shared", "simulators", "tools", "bench", "tests", "docs", "deploy", "requirements")
DOCUMENTS = sorted([*ROOT.glob("*.md"), ROOT / "bench" / "README.md", *(ROOT / "docs").rglob("*.md")])
CODE = re.compile(r"```.*?```", re.DOTALL)
PATH = re.compile(rf"`((?:{'|'.join(TOP)})/[\w./-]*)`")
TEST_FILE = re.compile(r"`(?:[\w/]+/)?(test_\w+\.py)`")
MODULE = re.compile(r"python -m ((?:services|simulators|tools|bench|tests)[\w.]*\w)")
TARGET = re.compile(r"(?:^ {0,4}|`|; |&& )(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(path: Path) -> str:
    return CODE.sub("", path.read_text("utf-8"))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings. Source: GitHub's rules for them."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(prose(path))}


def broken_paths(text: str) -> list[str]:
    return [path for path in PATH.findall(text) if not (ROOT / path).exists()]


def unknown_names(text: str) -> list[str]:
    """Return the test files, modules and targets of make that a text names and nobody has."""
    tests = {path.name for top in ("shared", "tests") for path in (ROOT / top).rglob("test_*.py")}
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    return [
        *(name for name in TEST_FILE.findall(text) if name not in tests),
        *(name for name in MODULE.findall(text) if not _is_module(name)),
        *(f"make {name}" for name in TARGET.findall(text) if name not in targets),
    ]


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


def broken_links(text: str, page: Path) -> list[str]:
    broken = []
    for target, anchor in LINK.findall(text):
        file = page.parent / target if target else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(f"{target}#{anchor}")
    return broken


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_and_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken_paths(prose(page)) == []
    assert broken_links(prose(page), page) == []
    assert unknown_names(page.read_text("utf-8")) == []


def test_a_path_or_a_link_that_leads_nowhere_is_found() -> None:
    page = ROOT / "README.md"
    assert broken_paths("`shared/core/` `shared/nowhere.py` `{code}.toml` `tools/*.py`") == ["shared/nowhere.py"]
    links = "[a](docs/architecture.md#four-ideas) [b](docs/architecture.md#five-ideas) [c](docs/none.md) [d](#measured)"
    assert broken_links(links, page) == ["docs/architecture.md#five-ideas", "docs/none.md#"]


def test_a_name_that_nobody_has_is_found() -> None:
    names = "`tests/unit/test_docs.py` `test_none.py`, `python -m tools.run`, python -m tools.none"
    text = f"{names}\nmake test\n`PORT=1 make none`, which will make it so"
    assert unknown_names(text) == ["test_none.py", "tools.none", "make none"]
