"""A vulnerability fails the check; data that cannot be had is told, and fails nothing."""

import json
from typing import Any

import pytest

from tools.checks import known_vulnerabilities
from tools.checks.known_vulnerabilities import Audit, audit_of, main

FAULT = {"id": "PYSEC-2026-1", "fix_versions": ["1.2"], "aliases": ["CVE-2026-1"], "description": "x"}
SOUND, UNKNOWN = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}
BROKEN = {"name": "c", "version": "1.1", "vulns": [FAULT]}


def answer(*packages: dict[str, Any]) -> str:  # Any: pip-audit's JSON
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerability_is_named_with_the_release_that_mends_it() -> None:
    assert audit_of(answer(SOUND, BROKEN)) == Audit(2, 0, ("c 1.1: PYSEC-2026-1, mended in 1.2",))


def test_a_package_that_the_source_does_not_know_is_not_called_sound() -> None:
    assert audit_of(answer(SOUND, UNKNOWN)) == Audit(1, 1, ())


def test_one_that_was_looked_at_and_does_no_harm_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_vulnerabilities, "ACCEPTED", {"CVE-2026-1": "that function is not used"})
    assert audit_of(answer(BROKEN)) == Audit(1, 0, ())


@pytest.mark.parametrize("text", ["", "Traceback", "[]", "{}", '{"dependencies": '])
def test_what_is_no_answer_says_nothing(text: str) -> None:
    assert audit_of(text) is None


@pytest.mark.parametrize(
    ("known", "code", "told"),
    [
        (Audit(9, 0, ()), 0, "9 packages, 0 known vulnerabilities"),
        (Audit(9, 0, ("c 1.1: PYSEC-2026-1",)), 1, "  c 1.1: PYSEC-2026-1\n"),
        ("the data cannot be reached", 0, "SKIPPED from requirements/runtime.txt on: the data cannot be reached"),
    ],
)
def test_only_a_vulnerability_fails(
    known: Audit | str, code: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(known_vulnerabilities, "ask", lambda lock, limit_s: known)
    assert main() == code
    assert told in capsys.readouterr().out
