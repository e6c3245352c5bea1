"""The invariants of every scenario, whatever happens in it."""

from tests.support.scenarios import call_invariants, confirmation_invariants
from tests.support.scenarios.result import ScenarioResult


def violations(result: ScenarioResult) -> list[str]:
    """Return all violations, in words: of the confirmation, and of each answered call."""
    found = [fault for check in confirmation_invariants.CHECKS for fault in check(result)]
    for number, line in enumerate(result.lines, start=1):
        checks = call_invariants.CHECKS if line.is_answered else ()
        found += [f"call {number}: {fault}" for check in checks for fault in check(result, line)]
    return found
