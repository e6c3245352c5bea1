"""Logging: structlog to stdout, JSON for machines or coloured lines for people, redacted in both."""

import json
import logging
import sys
from collections.abc import Callable, Mapping

import structlog
from structlog.typing import EventDict, Processor

from shared.logs.nonblocking_stdout import LogOutlet
from shared.logs.redaction import redact, traceback_text
from shared.settings.groups import LogSettings

# Packages say little here: at INFO and below they tell addresses, form fields and frames.
_PACKAGE_LEVEL = logging.WARNING
_SILENT = ("uvicorn.access",)


def configure_logging(settings: LogSettings, *, service: str) -> None:
    """Send all logging of this process, ours and that of packages, to stdout as `settings` say.

    Every line carries `service`. Ours log with `structlog.get_logger()` and snake_case past-tense event names; what was
    bound with `structlog.contextvars` is added.
    """
    told: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _with_service(service),
        _renderer(settings.log_format),
    ]
    outlet = LogOutlet(sys.stdout, _tell_lost)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _write_exception, _redact, _with_logger_name, *told],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_lines_to(outlet),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(outlet)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars],
            processors=[_from_record, _write_exception, _redact, *told],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_PACKAGE_LEVEL)
    for name in _SILENT:
        logging.getLogger(name).disabled = True
    logging.captureWarnings(capture=True)


class _Lines:
    """Where the entries of one module go. They take no part in the standard library's logging, which costs ten times as much."""

    __slots__ = ("_outlet", "name")

    def __init__(self, name: str, outlet: LogOutlet) -> None:
        self.name = name
        self._outlet = outlet

    def _write(self, line: str) -> None:
        self._outlet.write(line + "\n")

    debug = info = warning = error = critical = _write


def _tell_lost(count: int) -> None:
    structlog.get_logger(__name__).warning("log_entries_lost", count=count)


def _lines_to(outlet: LogOutlet) -> Callable[..., _Lines]:
    names = structlog.stdlib.LoggerFactory()  # knows how to find the module that asks

    def make(*arguments: str) -> _Lines:
        return _Lines(names(*arguments).name, outlet)

    return make


def _with_logger_name(logger: _Lines, _method: str, entry: EventDict) -> EventDict:
    entry["logger"] = logger.name
    return entry


def _from_record(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Turn what the standard library's logging hands over into an entry like ours."""
    record: logging.LogRecord = entry.pop("_record")
    entry.pop("_from_structlog", None)
    entry["logger"] = record.name
    return entry


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
    return _render_json


_json = json.JSONEncoder(ensure_ascii=False)


def _render_json(_logger: object, _method: str, entry: EventDict) -> str:
    return _json.encode(entry)


_console = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), pad_event_to=28)


def _render_console(logger: object, method: str, entry: EventDict) -> str:
    """Write the traceback as our own text below the line."""
    trace = entry.pop("exception", None)
    line = _console(logger, method, entry)
    return f"{line}\n{trace}" if trace else line
