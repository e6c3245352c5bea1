"""Asks pip-audit whether a locked package has a known vulnerability: first those of the images, then those of the tests.

It fails for a vulnerability only. If the data cannot be had, it says so in one line: a machine without network can be linted.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOCKS = ("runtime", "dev")
LIMIT_S = 15.0
"""For all locks together."""
ACCEPTED: Mapping[str, str] = {}
"""Why a vulnerability, by its id, does no harm here."""

_FOLDER = Path(__file__).resolve().parents[2] / "requirements"
_SOCKET_LIMIT_S = 4


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of one lock: how many packages were looked up, how many could not be, and a line for each vulnerability."""

    checked: int
    unknown: int
    vulnerable: tuple[str, ...]


def audit_of(answer: str) -> Audit | None:
    """Return what pip-audit's JSON says, None if it is none. A package that its source does not know counts as not looked up."""
    try:
        packages = json.loads(answer)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    checked = [package for package in packages if "skip_reason" not in package]
    vulnerable = tuple(
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no release yet'}"
        for package in checked
        for fault in package["vulns"]
        if not ACCEPTED.keys() & {fault["id"], *fault.get("aliases", ())}
    )
    return Audit(len(checked), len(packages) - len(checked), vulnerable)


def ask(lock: str, limit_s: float) -> Audit | str:
    """Return what is known of a lock's packages, or why nothing is."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(_FOLDER / f"{lock}.txt"),
        "--require-hashes",
        "--disable-pip",
    ]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", str(_SOCKET_LIMIT_S)]
    try:
        done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=max(limit_s, 0.1), check=False)
    except subprocess.TimeoutExpired:
        return f"the data did not come within {LIMIT_S:.0f} s"
    if "No module named pip_audit" in done.stderr:
        return "it is not installed"
    audit = audit_of(done.stdout)
    if audit is None or not audit.checked:
        return "the data cannot be reached"
    return audit


def main() -> int:
    """Print a line for each lock, and one for each vulnerability; return 1 if there is one."""
    ends_at, found = time.monotonic() + LIMIT_S, 0
    for lock in LOCKS:
        audit = ask(lock, ends_at - time.monotonic())
        if isinstance(audit, str):
            print(f"pip-audit: SKIPPED from requirements/{lock}.txt on: {audit}")
            break
        rest = f", {audit.unknown} could not be looked up" if audit.unknown else ""
        print(f"pip-audit: requirements/{lock}.txt: {audit.checked} packages, {len(audit.vulnerable)} known vulnerabilities{rest}")
        for line in audit.vulnerable:
            print(f"  {line}")
        found += len(audit.vulnerable)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
