"""Plays many scenarios concurrently in a thread of its own, while each test waits for its own result."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from simulators.profile import DEFAULT, Profile
from tests.support.scenarios.check import all_faults
from tests.support.scenarios.player import Player
from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.running_system import RunningSystem, running_system
from tests.support.scenarios.scenario import Scenario

AT_ONCE = 40
"""Concurrent calls. One core can carry them, so on two cores the results describe the system, not the machine."""

ROUNDS = 3
"""If a scenario fails while the machine is too busy to play it in time, it is played again, with fewer others."""


class ScenarioRunner:
    """The scenarios to play, and their results as they arrive."""

    def __init__(self, system: RunningSystem, scenarios: Sequence[Scenario]) -> None:
        self.system = system
        self._scenarios = scenarios
        self._results: dict[str, Future[ScenarioResult]] = {one.order_id: Future() for one in scenarios}

    def result(self, scenario: Scenario) -> ScenarioResult:
        """Wait for a scenario's result; raise the error if the scenario ended with one."""
        return self._results[scenario.order_id].result()

    def run(self) -> None:
        """Play all scenarios; afterwards every result is set."""
        try:
            asyncio.run(self._play_all())
        except BaseException as error:
            for future in self._results.values():
                if not future.done():
                    future.set_exception(error)
            raise

    async def _play_all(self) -> None:
        async with Player(self.system) as player:
            await player.prepare(again for one in self._scenarios for again in map(one.in_round, range(ROUNDS)))
            left = sorted(self._scenarios, key=lambda one: -one.about_s)
            for number in range(ROUNDS):
                seats = asyncio.Semaphore(AT_ONCE // (number + 1))
                async with asyncio.TaskGroup() as tasks:
                    plays = [tasks.create_task(self._play(player, one, number, seats)) for one in left]
                left = [one for one, play in zip(left, plays, strict=True) if play.result()]

    async def _play(self, player: Player, scenario: Scenario, number: int, seats: asyncio.Semaphore) -> bool:
        """Play the scenario in that round; return whether to play it again. If not, its result is set."""
        future = self._results[scenario.order_id]
        async with seats:
            try:
                result = await player.play(scenario.in_round(number))
                is_to_repeat = result.is_void and number + 1 < ROUNDS and bool(all_faults(result))
            except Exception as error:  # outermost: a scenario that fails must fail only its own test
                if number + 1 < ROUNDS:
                    return True
                future.set_exception(error)
                return False
        if not is_to_repeat:
            future.set_result(result)
        return is_to_repeat


@contextmanager
def running_scenarios(
    folder: Path, scenarios: Sequence[Scenario], *, profile: Profile = DEFAULT, seed: int = 1
) -> Iterator[ScenarioRunner]:
    """Start a system and play the scenarios on it; leaving waits until all have been played."""
    with running_system(folder, profile=profile, seed=seed) as system:
        runner = ScenarioRunner(system, scenarios)
        thread = threading.Thread(target=runner.run)
        thread.start()
        try:
            yield runner
        finally:
            thread.join()
