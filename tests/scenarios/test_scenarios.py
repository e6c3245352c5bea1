"""Every scenario of the YAML files beside this one, played through the whole system, side by side; each test judges its own.

`pytest tests/scenarios -k "gheg"` plays only what is chosen, `--profile realistic --profile-seed 2` with another model and phones.
docs/scenarios.md shows how to add one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.profile import Profile
from tests.support.scenarios.check import check_result
from tests.support.scenarios.runner import ScenarioRunner, running_scenarios
from tests.support.scenarios.scenario import Scenario, read_all

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

SCENARIOS = tuple(read_all(Path(__file__).parent))


@pytest.fixture(scope="session")
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScenarioRunner]:
    """The chosen scenarios, which are being played."""
    chosen = [item.callspec.params.get("scenario") for item in request.session.items if hasattr(item, "callspec")]
    scenarios = [one for one in chosen if isinstance(one, Scenario)]
    profile, seed = Profile(request.config.getoption("--profile")), request.config.getoption("--profile-seed")
    with running_scenarios(tmp_path_factory.mktemp("system"), scenarios, profile=profile, seed=seed) as playing:
        yield playing


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: f"{one.topic}: {one.name}")
def test_scenario(runner: ScenarioRunner, scenario: Scenario) -> None:
    check_result(runner.result(scenario))
