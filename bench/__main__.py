"""Measures what the README reports, on this machine: `make bench`, or `python -m bench --help`."""

import argparse
import asyncio
import contextlib
import fcntl
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence

from bench.bridge import bridge, noisy_neighbours, soak, turns
from bench.delivery import delivery
from bench.dialer import dialer
from bench.intake import intake
from bench.options import Options
from bench.report import pages, plots
from bench.report.report import Circumstances, Result, save

_PARTS: dict[str, Callable[[Options], Coroutine[object, object, Result]]] = {
    "bridge": bridge.measure,
    "turns": turns.measure,
    "intake": intake.measure,
    "dialer": dialer.measure,
    "delivery": delivery.measure,
    "soak": soak.measure,
    "neighbours": noisy_neighbours.measure,
}
_EXAMPLES = """\
examples:
  python -m bench                               all parts, once: about 40 minutes
  python -m bench --quick                       all parts with fewer calls and shorter turns: about 10 minutes
  python -m bench --only bridge,turns --runs 3  two parts, medians of three runs
  python -m bench --only intake --orders 200000 also measure the memory of that many orders
  python -m bench --readme                      measure nothing: write bench/results/ into the documents

The tables and plots go to bench/results/, and from there into the documents that show them (bench/report/pages.py). It needs
Linux with two cores or more. As root, or with CAP_SYS_NICE, the measured processes run before all others of the machine, so other
work adds no latency. Other programs are measured too if bench/peers/NAME/start.sh starts them (see bench/README.md).
"""


def main(arguments: Sequence[str]) -> int:
    """Measure, write the results, and print the tables."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(_PARTS), help=f"some of {', '.join(_PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer calls and shorter turns")
    parser.add_argument("--runs", type=int, default=1, help="how many times to measure; medians are reported (default 1)")
    parser.add_argument(
        "--orders", type=int, default=0, help="also measure the memory of this many orders, for example 200000 (intake)"
    )
    parser.add_argument("--readme", action="store_true", help="measure nothing; write the saved results into the documents")
    given = parser.parse_args(arguments)
    names = [name.strip() for name in given.only.split(",") if name.strip()]
    if unknown := [name for name in names if name not in _PARTS]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(_PARTS)}")
    options = Options(runs=max(1, given.runs), is_quick=given.quick, orders=given.orders)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # the processes that we started end with us
    with _alone(options):
        for name in [] if given.readme else names:
            circumstances = Circumstances()
            result = asyncio.run(_PARTS[name](options))
            plots.draw(result)
            path = save(result, circumstances)
            print(path.read_text())
    for path in pages.refresh():
        print(f"written: {path.relative_to(pages.PROJECT)}")
    return 0


@contextlib.contextmanager
def _alone(options: Options) -> Iterator[None]:
    """Wait until no other measurement runs here: two would share a core, because both run before all ordinary processes."""
    lock = pages.PROJECT / "var" / "bench" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            options.tell("another measurement runs: waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
