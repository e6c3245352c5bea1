"""docs/testing-your-integration.md says of each test number what the rehearsal does."""

import re
from pathlib import Path

from shared.core.dialing.simulated_calls import PARTS, Part
from shared.core.outcome import AttemptResult, VerdictKind

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "testing-your-integration.md"
_ROW = re.compile(r"^\| `\+38344(\d{6})` \|.*\| `(\w+)` \|$", re.MULTILINE)


def outcome(part: Part) -> str:
    if part.refusal is not None:
        return "undialable"
    if part.verdict not in {None, VerdictKind.CALLBACK_REQUESTED}:
        return str(part.verdict)
    assert part.line in {None, AttemptResult.BUSY, AttemptResult.NO_ANSWER, AttemptResult.FAILED}
    return "unreached"


def test_the_table_names_every_number_with_its_outcome() -> None:
    told = dict(_ROW.findall(_PAGE.read_text("utf-8")))
    assert told == {digits: outcome(parts[-1]) for digits, parts in PARTS.items()}
