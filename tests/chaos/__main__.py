"""`make chaos`: the long proofs. Prints each as it comes; exit code 1 where one fails.

python -m tests.chaos                     all of them, about twenty minutes
python -m tests.chaos fence --orders 5000 --seed 7
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.chaos.faults.crash import crash_everywhere
from tests.chaos.faults.freeze import DIALER, WITHOUT_DEADLINE, freeze_workers
from tests.chaos.faults.random_kills import Outcome, Plan, run_fence, too_hasty
from tests.chaos.virtual_year.virtual_year import run_year

_A_RUN = 750  # orders
_KILLS = 60
_PARTS = ("year", "steps", "fence", "controls")


def year(_: argparse.Namespace) -> bool:
    """Live through a year of 100,000 orders."""
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
    return not (crashes.missed or crashes.judgement.faults or frozen.faults)


def fence(words: argparse.Namespace) -> bool:
    """Call thousands under fire, in several runs."""
    outcomes = []
    for index in range(-(-words.orders // _A_RUN)):
        plan = Plan(seed=words.seed + index, orders=_A_RUN, kills=_KILLS, fsync_ms=2 * (index % 3))
        outcomes.append(_fenced(plan))
        _say("Under fire", outcomes[-1].lines())
    orders, calls = sum(one.plan.orders for one in outcomes), sum(one.calls for one in outcomes)
    twice, lost = (sum(len(getattr(one.judgement, name)) for one in outcomes) for name in ("called_twice", "lost"))
    kills = sum(one.kills.total() for one in outcomes)
    _say("In all", [f"{orders} orders, {calls} calls, {kills} kills: called twice {twice}, lost {lost}"])
    return not any(one.judgement.faults for one in outcomes)


def controls(words: argparse.Namespace) -> bool:
    """Take away what protects, and see that it is seen."""
    hasty = _fenced(too_hasty(seed=words.seed, orders=40)).judgement
    _say("Control: settled before Twilio could know", [f"called twice {len(hasty.called_twice)} (must be more than 0)"])
    with tempfile.TemporaryDirectory() as folder:
        undated = asyncio.run(freeze_workers(Path(folder), module=WITHOUT_DEADLINE, orders=4))
    _say("Control: no deadline for the request", [f"called twice {len(undated.called_twice)} (must be more than 0)"])
    return bool(hasty.called_twice and undated.called_twice)


def _fenced(plan: Plan) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(run_fence(plan, Path(folder)))


def _say(title: str, lines: Iterable[str]) -> None:
    sys.stdout.write(f"{title}\n" + "".join(f"  {line}\n" for line in lines))
    sys.stdout.flush()


def main() -> int:
    """Run the parts that were asked for and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(_PARTS))
    parser.add_argument("--orders", type=int, default=3000, help="under fire, in runs of 750")
    parser.add_argument("--seed", type=int, default=1)
    words = parser.parse_args()
    by_name = {"year": year, "steps": steps, "fence": fence, "controls": controls}
    unknown = set(words.parts) - set(by_name)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    results = [by_name[name](words) for name in words.parts or _PARTS]
    _say("All is well" if all(results) else "Not all is well", ())
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
