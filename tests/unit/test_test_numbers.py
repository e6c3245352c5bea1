"""docs/testing-your-integration.md says of each test number what the rehearsal does."""

import re
from pathlib import Path

from shared.core.dialing.simulated_calls import SIMULATED_CALLS, SimulatedCall
from shared.core.outcome import AttemptResult, VerdictKind

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing-your-integration.md"
_ROW = re.compile(r"^\| `\+38344(\d{6})` \|.*\| `(\w+)` \|$", re.MULTILINE)


def outcome(call: SimulatedCall) -> str:
    if call.refusal is not None:
        return "undialable"
    if call.verdict not in {None, VerdictKind.CALLBACK_REQUESTED}:
        return str(call.verdict)
    assert call.line in {None, AttemptResult.BUSY, AttemptResult.NO_ANSWER, AttemptResult.FAILED}
    return "unreached"


def test_the_table_names_every_number_with_its_outcome() -> None:
    told = dict(_ROW.findall(_PAGE.read_text("utf-8")))
    assert told == {digits: outcome(calls[-1]) for digits, calls in SIMULATED_CALLS.items()}
