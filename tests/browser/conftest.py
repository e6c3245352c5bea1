"""A real Chromium whose microphone is a WAV file, on the system of `make run-local`."""

import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.support.simulators.run_local import RunLocal, running_local

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)

OpenPage = Callable[[Path], AbstractAsyncContextManager[Page]]


def chromium() -> str | None:
    """Where the browser is: CHROMIUM, or what the machine has."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def run_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunLocal]:
    with running_local(tmp_path_factory.mktemp("run-local")) as system:
        yield system


@pytest.fixture
def open_page() -> OpenPage:
    """A page of a browser whose microphone is the WAV file; skips where there is no Chromium."""
    executable = chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine (apt install chromium, or CHROMIUM=/path/to/it)")

    @asynccontextmanager
    async def opened(microphone: Path) -> AsyncIterator[Page]:
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={microphone}"]
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=flags)
            try:
                yield await browser.new_page()
            finally:
                await browser.close()

    return opened
