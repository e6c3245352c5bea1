"""The judgement of a played scenario: what it expects, and what every call is held to."""

import pytest

from tests.support.scenarios.expectations import differences
from tests.support.scenarios.invariants import violations
from tests.support.scenarios.result import Played
from tests.support.scenarios.timeline import story


def faults_of(played: Played) -> list[str]:
    """Return all that came otherwise than the scenario expects, and all that no call may do."""
    return [*differences(played), *violations(played)]


def judge(played: Played) -> None:
    """Fail the test with everything that is wrong, and with what happened, in the order of time."""
    faults = faults_of(played)
    if faults:
        pytest.fail("\n".join((*(f"✗ {fault}" for fault in faults), story(played))), pytrace=False)
