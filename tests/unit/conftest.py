"""What unit tests of several folders share."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from shared.logs.setup import configure_logging
from shared.settings.groups import LogSettings

LogEntries = Callable[[], list[dict[str, Any]]]  # Any: JSON


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Undo what the test does to structlog and to the standard library's logging."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    for name in ("services", "shared", "__main__", "__mp_main__"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger("uvicorn.access").disabled = False


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str], logging_as_before: None) -> Callable[[], LogEntries]:
    """Return a function that configures logging as services do; what it returns gives the entries written since.

    The test itself calls it: pytest replaces stdout between fixtures and test.
    """

    def configure() -> LogEntries:
        configure_logging(LogSettings(), service="webhook")
        structlog.configure(cache_logger_on_first_use=False)  # a module's logger must not keep this test's stdout
        return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return configure
