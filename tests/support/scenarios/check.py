"""Checks a played scenario against its expectations and the invariants of every call."""

import pytest

from tests.support.scenarios.expectations import differences
from tests.support.scenarios.invariants import violations
from tests.support.scenarios.result import ScenarioResult
from tests.support.scenarios.timeline import timeline


def all_faults(result: ScenarioResult) -> list[str]:
    """Return all differences from the scenario's expectations, and all broken invariants."""
    return [*differences(result), *violations(result)]


def check_result(result: ScenarioResult) -> None:
    """Fail the test with all faults, and with the events in the order of time."""
    faults = all_faults(result)
    if faults:
        pytest.fail("\n".join((*(f"✗ {fault}" for fault in faults), timeline(result))), pytrace=False)
