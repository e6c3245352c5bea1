"""What the tools write is for this user only: logs, the demo's data, and what the sample CRM keeps."""

import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools.crm_example.database import Database
from tools.stack import Part, Stack

pytestmark = pytest.mark.system


def too_open(paths: Iterable[Path]) -> list[str]:
    """Return the names of the files and folders that others may read."""
    return [path.name for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_what_the_demos_parts_write_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    writes = f"from pathlib import Path; Path({str(folder)!r}, 'data', 'written').write_text('x'); print('said')"
    with Stack(folder, {}, report=lambda _: None) as stack:
        stack.start_valkey()
        stack.start(Part("writer", (sys.executable, "-c", writes)))
        while not stack.dead():
            time.sleep(0.02)
        found = [folder, *folder.rglob("*")]
        assert {"valkey.conf", "valkey.log", "writer.log", "written"} <= {path.name for path in found}
        assert too_open(path for path in found if not path.is_socket()) == []


def test_the_database_of_the_sample_crm_is_private(tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    path.touch(0o644)
    database = Database(path)
    assert too_open(tmp_path.glob("crm.sqlite*")) == []
    database.close()
