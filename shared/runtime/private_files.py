"""Files that hold what customers said or what is secret: only the user that the process runs as may read them."""

import os
from pathlib import Path

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def make_private_folder(folder: Path) -> None:
    """Make a folder, with those above it that are missing, each for this user only. One that exists stays as it is.

    Raises:
        OSError: The disk refuses, or there is a file of that name.
    """
    for missing in [one for one in (*reversed(folder.parents), folder) if not one.exists()]:
        missing.mkdir(PRIVATE_FOLDER, exist_ok=True)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")


def create_private(path: Path) -> None:
    """Make an empty file for this user only; of one that exists, the content stays and the others' rights end.

    Raises:
        OSError: The disk refuses, or the file is another user's.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE)
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
    finally:
        os.close(descriptor)
