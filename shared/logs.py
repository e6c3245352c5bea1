"""Logging: structlog to stdout, JSON for machines or coloured lines for people, redacted in both."""

import logging
import sys
from collections.abc import Mapping

import structlog
from structlog.typing import EventDict, Processor

from shared.redaction import redact, traceback_text
from shared.setting_groups import LogSettings

# Packages say little here: at INFO and below they tell addresses, form fields and frames.
_PACKAGE_LEVEL = logging.WARNING
_OURS = ("services", "shared", "__main__", "__mp_main__")
_SILENT = ("uvicorn.access",)


def configure_logging(settings: LogSettings, *, service: str) -> None:
    """Send all logging of this process, ours and that of packages, to stdout as `settings` say.

    Every line carries `service`. Ours log with `structlog.get_logger()` and snake_case past-tense event names; what was
    bound with `structlog.contextvars` is added.
    """
    added: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _with_service(service),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *added, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*added],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _write_exception,
                _redact,
                _renderer(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_PACKAGE_LEVEL)
    for name in _OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())
    for name in _SILENT:
        logging.getLogger(name).disabled = True
    logging.captureWarnings(capture=True)


def _with_service(service: str) -> Processor:
    def add(_logger: object, _method: str, entry: EventDict) -> EventDict:
        entry["service"] = service
        return entry

    return add


def _write_exception(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Replace `exc_info` by the text of the traceback, which never holds a local variable."""
    error = entry.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    elif error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        entry["exception"] = traceback_text(error)
    return entry


def _redact(_logger: object, _method: str, entry: EventDict) -> Mapping[str, object]:
    return redact(entry)


def _renderer(log_format: str) -> Processor:
    if log_format == "console":
        return _render_console
    return structlog.processors.JSONRenderer(ensure_ascii=False)


_console = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=28)


def _render_console(logger: object, method: str, entry: EventDict) -> str:
    """Write the traceback as our own text below the line."""
    trace = entry.pop("exception", None)
    line = _console(logger, method, entry)
    return f"{line}\n{trace}" if trace else line
