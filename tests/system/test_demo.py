"""`make demo`, as a newcomer runs it: twelve customers, each outcome the expected one, and what was heard is good."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tools.ports import free_port
from tools.stack import PROJECT

pytestmark = [pytest.mark.system, pytest.mark.alone, pytest.mark.timeout(180)]

LIMIT_S = 130


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "demo"


async def test_the_demo_phones_its_twelve_customers(folder: Path) -> None:
    command = (sys.executable, "-m", "tools.demo", "--folder", str(folder), "--port", str(free_port()))
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    report = json.loads((folder / "report.json").read_text())
    outcomes = [view["outcome"] for view in report["confirmations"].values()]
    assert process.returncode == 0, output.decode(errors="replace")
    assert "12 of 12 customers ended as expected" in output.decode(errors="replace")
    assert len(outcomes) == len(report["received"]) == 12
    assert [one["what"] for one in report["measured"] if not one["is_good"]] == []
    assert sorted(path.suffix for path in (folder / "recordings").iterdir()) == [".wav"] * len(_answered(report["confirmations"]))
    assert "Po, e konfirmoj porosinë." in (folder / "transcripts.txt").read_text()


def _answered(confirmations: dict[str, dict[str, list[dict[str, object]]]]) -> list[object]:
    return [attempt for view in confirmations.values() for attempt in view["attempts"] if attempt["answered_at"] is not None]
