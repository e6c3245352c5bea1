"""Writes the results into the documents that show them, so that no figure is typed by hand.

A document holds pairs of marks. The text between them is replaced by a table, which the mark names by the beginning of its
title, by all plots of a page, or by one of them.

    <!-- bench: bridge / At 50 calls -->
    <!-- /bench -->
    <!-- bench: bridge / plots -->
    <!-- /bench -->
    <!-- bench: bridge / plot bridge_cost -->
    <!-- /bench -->
"""

import os
import re
from pathlib import Path

from bench.report.report import RESULTS

PROJECT = Path(__file__).resolve().parents[2]
_PLOTS = "plots"
_ONE_PLOT = "plot "
_BLOCK = re.compile(r"(<!-- bench: (?P<page>\w+) / (?P<what>[^>]+?) -->\n).*?(<!-- /bench -->)", re.DOTALL)
_PLOT = re.compile(r"!\[(?P<name>[^]]+)\]\((?P<file>[^)]+)\)")


def documents(root: Path = PROJECT) -> list[Path]:
    """Return the documents that may show results."""
    return [root / "README.md", root / "bench" / "README.md", *sorted((root / "docs").rglob("*.md"))]


def refresh(root: Path = PROJECT, results: Path = RESULTS) -> list[Path]:
    """Bring the documents up to date, and return those that have changed."""
    changed = []
    for path in documents(root):
        old = path.read_text("utf-8")
        new = filled(old, folder=path.parent, results=results)
        if new != old:
            path.write_text(new, "utf-8")
            changed.append(path)
    return changed


def filled(text: str, *, folder: Path, results: Path) -> str:
    """Return a document of `folder` with the present content of the pages in `results`."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_block(found['page'], found['what'], folder, results)}\n{found[4]}", text)


def _block(page: str, what: str, folder: Path, results: Path) -> str:
    path = results / f"{page}.md"
    if not path.exists():
        return "Not measured yet: `make bench`."
    text = path.read_text("utf-8")
    if what == _PLOTS or what.startswith(_ONE_PLOT):
        plots = {plot["name"]: _link(results / plot["file"], folder) for plot in _PLOT.finditer(text)}
        names = plots if what == _PLOTS else [what.removeprefix(_ONE_PLOT)]
        return "\n".join(f"![{name}]({plots[name]})" for name in names if name in plots) or _not_measured(page)
    head, *tables = text.split("\n## ")
    table = next((table for table in tables if table.startswith(what)), None)
    if table is None:
        return _not_measured(page)
    title, _, body = table.partition("\n")
    rows = [line for line in body.splitlines() if line.startswith("|")]
    around = " · ".join(line for line in head.splitlines()[1:] if line)
    return "\n".join([f"**{title}**", "", *rows, "", f"{around} · [{page}]({_link(path, folder)})"])


def _not_measured(page: str) -> str:
    return f"Not measured last time: `python -m bench --only {page}`."


def _link(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
