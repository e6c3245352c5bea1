"""Finds PHP, if this machine has it."""

import shutil
import subprocess

import pytest


def php_with(*extensions: str) -> str:
    """Return the program; skip the test, with the reason, if PHP or one of its extensions is not installed."""
    php = shutil.which("php")
    if php is None:
        pytest.skip("there is no php on this machine (apt install php-cli php-redis php-curl)")
    loaded = subprocess.run([php, "-m"], capture_output=True, text=True, check=True, timeout=20).stdout.split()
    for extension in extensions:
        if extension not in loaded:
            pytest.skip(f"php has no {extension} on this machine (apt install php-{extension})")
    return php
