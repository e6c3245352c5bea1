"""`make field`: a thousand calls, forty side by side, with model and phones as in the field; exit code 1 if a limit is broken.

python -m tests.field                                 1,000 calls: about twenty-five minutes
python -m tests.field --calls 100 --seed 3            fewer, and others
python -m tests.field --profile ideal                 with the clean model, to compare
python -m tests.field --force '{"first_audio_s": 3.4}'  one trait for all (simulators/openai_realtime/traits.py)
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from simulators.profile import Profile
from tests.field import report
from tests.field.findings import Found, found, lost_in_play
from tests.field.people import Kind, people
from tests.support.scenarios.player import Player, UnfinishedError
from tests.support.scenarios.running_system import running_system
from tests.support.scenarios.scenario import Scenario

_LIMIT_S = 260.0
"""The limit for one order, from its post to its end: the longest call, and a queue in front of it."""
_TOLD_EVERY = 25


class Field:
    """Plays the calls, and holds what was found in them."""

    def __init__(self, player: Player, *, count: int, at_once: int) -> None:
        self._player = player
        self._count = count
        self._seats = asyncio.Semaphore(at_once)
        self._began = time.monotonic()
        self.calls: list[Found] = []

    async def play(self, kind: Kind, scenario: Scenario) -> None:
        """Play one call when a seat is free."""
        async with self._seats:
            try:
                one = found(kind, await self._player.play(scenario, limit_s=_LIMIT_S))
            except UnfinishedError:
                one = lost_in_play(kind, scenario.order_id)
        self.calls.append(one)
        done = len(self.calls)
        if done % _TOLD_EVERY == 0 or done == self._count:
            false, lost = sum(call.is_false for call in self.calls), sum(call.is_lost for call in self.calls)
            sys.stderr.write(f"{time.monotonic() - self._began:6.0f} s  {done} of {self._count}: {false} false, {lost} lost\n")


async def _play_all(player: Player, *, count: int, at_once: int, seed: int, traits: object) -> Sequence[Found]:
    async with player:
        await player.prepare(())
        if traits:
            await player.give_traits(traits)
        field = Field(player, count=count, at_once=at_once)
        async with asyncio.TaskGroup() as tasks:
            for kind, scenario in people(count, seed=seed):
                tasks.create_task(field.play(kind, scenario))
        return field.calls


def main(arguments: Sequence[str]) -> int:
    """Play the calls on a system of their own, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.field", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=1000, help="how many calls (at most 9,999)")
    parser.add_argument("--at-once", type=int, default=40, help="how many of them side by side (at most 60)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of people, model and phones")
    parser.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.REALISTIC, help="model and phones")
    parser.add_argument("--force", type=json.loads, default={}, help="traits for every session, as JSON")
    parser.add_argument("--save", type=Path, help="also write what was found in each call to this file, as JSON lines")
    chosen = parser.parse_args(arguments)
    if not (0 < chosen.calls < 10_000 and 0 < chosen.at_once <= 60):
        parser.error("--calls is 1 to 9999, and --at-once 1 to 60")
    with (
        tempfile.TemporaryDirectory(prefix="field-") as folder,
        running_system(Path(folder), profile=chosen.profile, seed=chosen.seed) as system,
    ):
        playing = _play_all(Player(system), count=chosen.calls, at_once=chosen.at_once, seed=chosen.seed, traits=chosen.force)
        calls = asyncio.run(playing)
    if chosen.save is not None:
        chosen.save.write_text("".join(f"{json.dumps(asdict(one), ensure_ascii=False)}\n" for one in calls), encoding="utf-8")
    sys.stdout.write("".join(f"{line}\n" for line in report.lines(calls)))
    return 0 if report.holds(calls) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
