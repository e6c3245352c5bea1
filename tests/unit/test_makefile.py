"""Each target of the Makefile is a command, and not the name of a file that it makes."""

import re
from pathlib import Path

MAKEFILE = (Path(__file__).resolve().parents[2] / "Makefile").read_text("utf-8")


def test_every_target_runs_though_a_file_has_its_name() -> None:
    targets = re.findall(r"^([\w-]+):", MAKEFILE, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)

    assert phony is not None
    assert sorted(phony[1].split()) == sorted(targets)
