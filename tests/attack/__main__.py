"""`make attack`: plays all attacks, each beside twenty live calls, and prints the table; exit code 1 if one was noticed.

python -m tests.attack                          all of them, 30 s each and a minute of calm behind: about half an hour
python -m tests.attack --only idle_sockets      one
python -m tests.attack --seconds 10 --calm 5    shorter
python -m tests.attack --set REQUIRE_STREAM_SIGNATURE=off     with another setting of our services
python -m tests.attack --list                   what there is
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.attack.attacks import ATTACKS, described
from tests.attack.report import CALM_S, HEAD, attacked
from tests.attack.rig import running_rig

_ENDS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Play the chosen attacks one after the other, each on a system of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.attack", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(ATTACKS), help="names, separated by commas")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each attack goes on")
    parser.add_argument("--calm", type=float, default=CALM_S, help="seconds after which the memory is looked at again")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of our services")
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    chosen = parser.parse_args(arguments)
    names = [name for name in chosen.only.split(",") if name]
    if unknown := [name for name in names if name not in ATTACKS]:
        parser.error(f"there is no attack {', '.join(unknown)}; there are {', '.join(ATTACKS)}")
    if chosen.list:
        _say("\n".join(f"{name:<28} {described(ATTACKS[name])}" for name in names))
        return 0
    for number in _ENDS:
        signal.signal(number, _end)
    _say(HEAD)
    held, settings = True, dict(one.split("=", 1) for one in chosen.set)
    for name in names:
        with tempfile.TemporaryDirectory(prefix="attack-") as folder, running_rig(Path(folder), **settings) as rig:
            verdict = asyncio.run(attacked(rig, name, seconds=chosen.seconds, calm_s=chosen.calm))
        _say(verdict.row())
        held &= not verdict.faults
    return 0 if held else 1


def _end(number: int, _frame: object) -> None:
    """Leave all blocks, so that the rig's processes are stopped; a second signal would leave them behind."""
    for each in _ENDS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
