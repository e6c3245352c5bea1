"""Draws the plots that accompany the tables."""

from collections.abc import Callable
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report.report import RESULTS, Result

_SIZE_IN = (8, 4.5)
_LIMIT_MS = 20.0
Points = Any  # Any: the figures of one measurement, each of its own form
_TROUBLES = {
    "none": "none at all",
    "redis": "Redis stalled",
    "disk": "disk stalled",
    "deaf model": "a session stops reading",
    "deaf caller": "a stream stops reading",
    "marks": "a flood of marks",
    "keys": "a flood of keys",
}


def draw(result: Result) -> None:
    """Draw the plots that the result names."""
    RESULTS.mkdir(exist_ok=True)
    for name in result.plots:
        figure, axes = plt.subplots(figsize=_SIZE_IN, layout="constrained")
        _PLOTS[name](axes, result.figures["points"])
        _write(figure, name)


def _write(figure: Figure, name: str) -> None:
    figure.savefig(RESULTS / f"{name}.png", dpi=110)
    plt.close(figure)


def _cost(axes: Axes, points: Points) -> None:
    for name, found in points.items():
        kept = {calls: point for calls, point in found.items() if point["keeps_up"]}
        axes.plot(list(kept), [point["cpu_ms"] for point in kept.values()], marker="o", label=name)
    axes.set(xlabel="calls at once, one core", ylabel="CPU ms a call and second", title="What a call costs", ylim=(0, None))
    _finish(axes)


def _latency(axes: Axes, points: Points) -> None:
    for name, found in points.items():
        worst = [max(point["up_p99"], point["down_p99"]) for point in found.values()]
        axes.plot(list(found), worst, marker="o", label=name)
    axes.axhline(_LIMIT_MS, color="grey", linestyle="--", linewidth=1, label="limit: 20 ms")
    axes.set(
        xlabel="calls at once, one core", ylabel="added latency, p99 ms, the worse way", title="What a frame waits", yscale="log"
    )
    axes.yaxis.set_major_formatter("{x:g}")
    _finish(axes)


def _intake(axes: Axes, points: Points) -> None:
    counts = [name.removeprefix("ours ") for name in points if name.startswith("ours ")]
    for offset, who, name in ((-0.2, "ours", "ours"), (0.2, "peer", "bare Starlette endpoint with rq")):
        heights = [points[f"{who} {count}"]["per_s"] for count in counts]
        axes.bar([place + offset for place in range(len(counts))], heights, width=0.4, label=name)
    axes.set_xticks(range(len(counts)), counts)
    axes.set(xlabel="connections", ylabel="orders a second", title="Orders taken in, one process, every one on disk")
    _finish(axes)


def _soak(axes: Axes, points: list[dict[str, float]]) -> None:
    axes.plot(
        [point["calls"] for point in points], [point["rss_kb"] / 1024 for point in points], marker="o", label="resident memory"
    )
    most = 1.2 * max(point["rss_kb"] for point in points) / 1024
    axes.set(xlabel="short calls so far", ylabel="MB", title="What many calls leave behind", ylim=(0, most))
    _finish(axes)


def _neighbours(axes: Axes, points: Points) -> None:
    for offset, way, name in ((-0.2, "up", "caller → model"), (0.2, "down", "model → caller")):
        lengths = [one[f"{way}_ratio"] for one in points.values()]
        reach = [[abs(one[f"{way}_{end}"] - one[f"{way}_ratio"]) for one in points.values()] for end in ("low", "high")]
        axes.barh([place + offset for place in range(len(points))], lengths, height=0.4, xerr=reach, ecolor="black", label=name)
    axes.axvspan(0.9, 1.1, color="grey", alpha=0.2, label="±10 %")
    axes.set_yticks(range(len(points)), [_TROUBLES[kind] for kind in points])
    axes.invert_yaxis()
    axes.set(xlabel="p99 of healthy calls, disturbed / undisturbed", title="What healthy calls notice of trouble", xlim=(0, None))
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


_PLOTS: dict[str, Callable[[Axes, Points], None]] = {
    "bridge_cost": _cost,
    "bridge_latency": _latency,
    "intake": _intake,
    "soak": _soak,
    "neighbours": _neighbours,
}
