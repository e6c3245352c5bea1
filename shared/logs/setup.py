"""Logging with structlog to stdout, as JSON or as coloured lines for people, redacted in both forms."""

import json
import logging
import sys
from collections.abc import Callable, Mapping

import structlog
from structlog.typing import EventDict, Processor

from shared.logs.nonblocking_stdout import NonblockingLogStream
from shared.logs.redaction import redact, traceback_text
from shared.settings.groups import LogSettings

# At INFO and below, packages log addresses, form fields and frames.
_PACKAGE_LEVEL = logging.WARNING
_SILENT = ("uvicorn.access",)


def configure_logging(settings: LogSettings, *, service: str) -> None:
    """Write all log entries of this process, ours and those of packages, to stdout as `settings` say.

    Every entry has `service` and what was bound with `structlog.contextvars`. Our modules log with `structlog.get_logger()`;
    their event names are snake_case and past tense.
    """
    last_steps: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _with_service(service),
        _renderer(settings.log_format),
    ]
    stream = NonblockingLogStream(sys.stdout, _log_lost_entries)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _write_exception, _redact, _with_logger_name, *last_steps],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_stream_loggers(stream),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.contextvars.merge_contextvars],
            processors=[_from_record, _write_exception, _redact, *last_steps],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_PACKAGE_LEVEL)
    for name in _SILENT:
        logging.getLogger(name).disabled = True
    logging.captureWarnings(capture=True)


class _StreamLogger:
    """Writes the entries of one module. They do not pass the standard library's logging, which costs ten times as much."""

    __slots__ = ("_stream", "name")

    def __init__(self, name: str, stream: NonblockingLogStream) -> None:
        self.name = name
        self._stream = stream

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")

    debug = info = warning = error = critical = _write


def _log_lost_entries(count: int) -> None:
    structlog.get_logger(__name__).warning("log_entries_lost", count=count)


def _stream_loggers(stream: NonblockingLogStream) -> Callable[..., _StreamLogger]:
    names = structlog.stdlib.LoggerFactory()  # finds the name of the calling module

    def make(*arguments: str) -> _StreamLogger:
        return _StreamLogger(names(*arguments).name, stream)

    return make


def _with_logger_name(logger: _StreamLogger, _method: str, entry: EventDict) -> EventDict:
    entry["logger"] = logger.name
    return entry


def _from_record(_logger: object, _method: str, entry: EventDict) -> EventDict:
    """Turn a record of the standard library's logging into an entry like ours."""
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
    """Replace `exc_info` by the text of the traceback, which holds no variables."""
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
    """Write the traceback below the line."""
    trace = entry.pop("exception", None)
    line = _console(logger, method, entry)
    return f"{line}\n{trace}" if trace else line
