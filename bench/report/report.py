"""Writes the results as tables (Markdown) and as JSON, under `bench/results/`."""

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.report.counters import load, machine

RESULTS = Path(__file__).parents[1] / "results"

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table; numbers are written with three significant digits."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""

    def markdown(self) -> str:
        """Return the table as Markdown."""
        lines = [f"## {self.title}", ""]
        lines += [_line(self.columns), _line(["---"] * len(self.columns))]
        lines += [_line([_written(cell) for cell in row]) for row in self.rows]
        return "\n".join([*lines, "", *([self.note, ""] if self.note else [])])


@dataclass(frozen=True, slots=True)
class Result:
    """The results of one measurement. The plots are drawn from `figures`."""

    name: str
    tables: Sequence[Table]
    figures: dict[str, Any]  # Any: JSON
    plots: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where, when and how the measurement was made."""

    machine: str = field(default_factory=machine)
    at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    command: str = field(default_factory=lambda: "python -m bench " + shlex.join(sys.argv[1:]))
    load_before: float = field(default_factory=load)


def save(result: Result, circumstances: Circumstances) -> Path:
    """Write `NAME.md` and `NAME.json`; return the path of the first."""
    RESULTS.mkdir(exist_ok=True)
    around = f"{circumstances.at} · {circumstances.machine} · load before {circumstances.load_before:.1f}, after {load():.1f}"
    head = f"# {result.name}\n\n{around}\n\n`{circumstances.command}`\n"
    plots = "\n".join(f"![{name}]({name}.png)" for name in result.plots)
    text = "\n".join([head, *(table.markdown() for table in result.tables), plots]).rstrip() + "\n"
    path = RESULTS / f"{result.name}.md"
    path.write_text(text)
    told = {"circumstances": asdict(circumstances), "figures": result.figures}
    (RESULTS / f"{result.name}.json").write_text(json.dumps(told, indent=1) + "\n")
    return path


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case float():
            return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
        case _:
            return str(cell)
