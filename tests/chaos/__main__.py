"""`make chaos`: runs the long tests and prints each result; the exit code is 1 if one fails.

python -m tests.chaos                     all of them, about twenty minutes
python -m tests.chaos random_kills --orders 5000 --seed 7
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.chaos.faults.crash import crash_everywhere
from tests.chaos.faults.freeze import DIALER, WITHOUT_DEADLINE, freeze_workers
from tests.chaos.faults.random_kills import Outcome, Plan, run_random_kills, settles_too_early
from tests.chaos.virtual_year.simulation import run_year

_A_RUN = 750  # orders
_KILLS = 60
_PARTS = ("year", "steps", "random_kills", "controls")


def year(_: argparse.Namespace) -> bool:
    """Simulate a year of 100,000 orders."""
    report = run_year(100_000, seed=1)
    _say("A year on virtual time", report.lines())
    return not report.breaches.total()


def steps(_: argparse.Namespace) -> bool:
    """Kill and freeze workers at every step of a placing."""
    with tempfile.TemporaryDirectory() as folder:
        crashes = asyncio.run(crash_everywhere(Path(folder)))
    _say("A process killed at every step of a placing", crashes.lines())
    with tempfile.TemporaryDirectory() as folder:
        frozen = asyncio.run(freeze_workers(Path(folder), module=DIALER, orders=4))
    _say("Workers asleep between intent and request", [f"called twice {len(frozen.called_twice)}, lost {len(frozen.lost)}"])
    return not (crashes.missed or crashes.report.faults or frozen.faults)


def random_kills(words: argparse.Namespace) -> bool:
    """Call thousands of orders while processes are killed, in several runs."""
    outcomes = []
    for index in range(-(-words.orders // _A_RUN)):
        plan = Plan(seed=words.seed + index, orders=_A_RUN, kills=_KILLS, fsync_ms=2 * (index % 3))
        outcomes.append(_run_plan(plan))
        _say("Random kills", outcomes[-1].lines())
    orders, calls = sum(one.plan.orders for one in outcomes), sum(one.calls for one in outcomes)
    twice, lost = (sum(len(getattr(one.report, name)) for one in outcomes) for name in ("called_twice", "lost"))
    kills = sum(one.kills.total() for one in outcomes)
    _say("In all", [f"{orders} orders, {calls} calls, {kills} kills: called twice {twice}, lost {lost}"])
    return not any(one.report.faults for one in outcomes)


def controls(words: argparse.Namespace) -> bool:
    """Remove a protection, and check that double calls are noticed."""
    hasty = _run_plan(settles_too_early(seed=words.seed, orders=40)).report
    _say("Control: settled before Twilio could know", [f"called twice {len(hasty.called_twice)} (must be more than 0)"])
    with tempfile.TemporaryDirectory() as folder:
        undated = asyncio.run(freeze_workers(Path(folder), module=WITHOUT_DEADLINE, orders=4))
    _say("Control: no deadline for the request", [f"called twice {len(undated.called_twice)} (must be more than 0)"])
    return bool(hasty.called_twice and undated.called_twice)


def _run_plan(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run_random_kills(plan, Path(folder)))


def _say(title: str, lines: Iterable[str]) -> None:
    sys.stdout.write(f"{title}\n" + "".join(f"  {line}\n" for line in lines))
    sys.stdout.flush()


def main() -> int:
    """Run the parts that the command line names, or all; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(_PARTS))
    parser.add_argument("--orders", type=int, default=3000, help="for random_kills: the number of orders, in runs of 750")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    by_name = {"year": year, "steps": steps, "random_kills": random_kills, "controls": controls}
    unknown = set(words.parts) - set(by_name)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    results = [by_name[name](words) for name in words.parts or _PARTS]
    _say("All is well" if all(results) else "Not all is well", ())
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
