"""The report of a field run: each limit that is broken is counted, and makes the run fail."""

from dataclasses import replace

import pytest

from tests.field.findings import Found
from tests.field.people import KINDS, Kind
from tests.field.report import holds, lines

CONFIRMS = KINDS[0]
SILENT = next(kind for kind in KINDS if kind.is_silent)
GOOD = Found(CONFIRMS, "S1", "confirmed", reason="decided", lasted_s=30, silence_s=2.0, first_audio_s=(1.0, 2.0))


def report(*calls: Found) -> str:
    return "\n".join(lines(calls))


def test_a_run_of_good_calls_holds() -> None:
    assert holds([GOOD] * 3)
    assert "| false verdicts | 0 | 0 |  |" in report(GOOD)
    assert "longest silence: 2.0 s" in report(GOOD)
    assert "p50 1.50 s" in report(GOOD)


@pytest.mark.parametrize(
    ("bad", "row"),
    [
        (replace(GOOD, outcome="cancelled"), "| false verdicts | 0 | 1 | S1 |"),
        (replace(GOOD, lasted_s=166.0), "| calls that the limit of 165 s ended | 0 | 1 | S1 |"),
        (replace(GOOD, silence_s=4.1), "| calls with a silence above 4 s | 0 | 1 | S1 |"),
        (replace(GOOD, cut_goodbye_ms=20.0), "| goodbyes cut off | 0 | 1 | S1 |"),
    ],
)
def test_each_broken_limit_is_counted_and_the_run_fails(bad: Found, row: str) -> None:
    assert row in report(GOOD, bad)
    assert not holds([GOOD, bad])


def test_less_than_one_in_a_hundred_may_fall_back_to_the_keypad() -> None:
    keypad = replace(GOOD, is_on_keypad=True)

    assert holds([*[GOOD] * 199, keypad])
    assert not holds([*[GOOD] * 198, keypad, keypad])
    assert "| keypad fallbacks | < 1% | 1 (0.5%) | S1 |" in report(*[GOOD] * 199, keypad)


def test_a_decision_that_was_not_recorded_is_lost_and_one_that_was_not_meant_is_false() -> None:
    later: Kind = next(kind for kind in KINDS if kind.means == "unreached" and not kind.is_silent)

    assert replace(GOOD, outcome="unreached").is_lost
    assert not replace(GOOD, outcome="unreached").is_false
    assert replace(GOOD, kind=later).is_false
    assert not replace(GOOD, kind=later, outcome="unreached").is_lost


def test_who_says_nothing_may_be_silent() -> None:
    assert holds([GOOD, replace(GOOD, kind=SILENT, outcome="unreached", silence_s=7.0)])


def test_a_call_that_the_machine_played_late_proves_nothing_but_a_false_verdict() -> None:
    late = replace(GOOD, silence_s=9.0, is_void=True)

    assert holds([GOOD, late])
    assert "1 of them void" in report(GOOD, late)
    assert not holds([GOOD, replace(late, outcome="cancelled")])
    assert not holds([late])
