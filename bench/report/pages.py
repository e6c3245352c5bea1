"""Writes what was measured into the documents that show it, so that no figure is typed by hand.

A document holds pairs of marks, and what stands between them is replaced: a table by the beginning of its title, or the plots.

    <!-- bench: bridge / At 50 calls -->
    <!-- /bench -->
    <!-- bench: bridge / plots -->
    <!-- /bench -->
"""

import os
import re
from pathlib import Path

from bench.report.report import RESULTS

PROJECT = Path(__file__).resolve().parents[2]
_PLOTS = "plots"
_BLOCK = re.compile(r"(<!-- bench: (?P<page>\w+) / (?P<what>[^>]+?) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_PLOT = re.compile(r"!\[(?P<name>[^]]+)\]\((?P<file>[^)]+)\)")


def refresh(root: Path = PROJECT, results: Path = RESULTS) -> list[Path]:
    """Bring `README.md` and all of `docs/` up to date; returns what has changed."""
    changed = []
    for path in (root / "README.md", *sorted((root / "docs").rglob("*.md"))):
        old = path.read_text("utf-8")
        new = filled(old, folder=path.parent, results=results)
        if new != old:
            path.write_text(new, "utf-8")
            changed.append(path)
    return changed


def filled(text: str, *, folder: Path, results: Path) -> str:
    """Return a document that lies in `folder` with what the pages in `results` say now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_block(found['page'], found['what'], folder, results)}\n{found[4]}", text)


def _block(page: str, what: str, folder: Path, results: Path) -> str:
    path = results / f"{page}.md"
    if not path.exists():
        return "Not measured yet: `make bench`."
    text = path.read_text("utf-8")
    if what == _PLOTS:
        return "\n".join(f"![{plot['name']}]({_link(results / plot['file'], folder)})" for plot in _PLOT.finditer(text))
    head, *tables = text.split("\n## ")
    table = next((table for table in tables if table.startswith(what)), None)
    if table is None:
        return f"Not measured last time: `python -m bench --only {page}`."
    title, _, body = table.partition("\n")
    rows = [line for line in body.splitlines() if line.startswith("|")]
    around = " · ".join(line for line in head.splitlines()[1:] if line)
    return "\n".join([f"**{title}**", "", *rows, "", f"{around} · [{page}]({_link(path, folder)})"])


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
