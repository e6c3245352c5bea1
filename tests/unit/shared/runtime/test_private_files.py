"""Files that hold what is personal or secret are for one user only."""

import stat
from pathlib import Path

import pytest

from shared.runtime.private_files import create_private, make_private_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_each_folder_that_is_made_is_private_and_no_other_is_changed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    make_private_folder(tmp_path / "a" / "b")
    assert [mode(path) for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(OSError, match="folder"):
        make_private_folder(tmp_path / "a")


def test_a_file_is_private_also_if_it_was_not_before_and_keeps_its_content(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("kept")
    old.chmod(0o644)
    for path in (old, tmp_path / "new"):
        create_private(path)
        assert mode(path) == 0o600
    assert old.read_text() == "kept"
