"""The ledger: what happened in each call, with monotonic and wall time; bounded, and read as JSON by tests and the demo."""

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]  # Any: entries of many kinds, read as JSON

MAX_TIMELINE = 2_000
MAX_MEDIA = 20_000
MAX_WARNINGS = 200
MAX_MARKS = 2_000
MAX_SEGMENTS = 2_000


def now_ms() -> float:
    """Return milliseconds of the machine's monotonic clock, which all its processes share."""
    return round(time.monotonic() * 1000, 1)


def wall_time() -> str:
    """Return the present time as RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(slots=True)
class StreamEntry:
    """One media stream. Times are `now_ms`; durations and `cut_ms` are milliseconds of audio."""

    stream_sid: str
    url: str
    connecting_ms: float
    handshake: str = ""
    handshake_ms: float | None = None
    started_ms: float | None = None
    first_media_ms: float | None = None
    first_audible_ms: float | None = None
    media_frames: int = 0
    media_bytes: int = 0
    uneven_frames: int = 0
    frames_sent: int = 0
    marks: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_MARKS))
    clears: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_MARKS))
    media: deque[tuple[float, int, bool, float]] = field(default_factory=lambda: deque(maxlen=MAX_MEDIA))
    ended_ms: float | None = None
    closed_by: str | None = None
    close_code: int | None = None
    cut_ms: float = 0.0

    def as_json(self) -> Json:
        """Return everything except the individual media frames."""
        names = [name for name in self.__dataclass_fields__ if name != "media"]
        return {name: _plain(getattr(self, name)) for name in names}

    def media_log(self) -> list[Json]:
        """Return each media frame of the server: its time, its size, whether it was audible, and what was buffered before it."""
        keys = ("at_ms", "bytes", "audible", "buffered_ms")
        return [dict(zip(keys, entry, strict=True)) for entry in self.media]


@dataclass(slots=True)
class CallLedger:
    """One call. `heard` and `spoken` are the audible intervals of both voices as `[from_ms, to_ms]`."""

    timeline: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_TIMELINE))
    streams: list[StreamEntry] = field(default_factory=list)
    heard: deque[list[float]] = field(default_factory=lambda: deque(maxlen=MAX_SEGMENTS))
    spoken: deque[list[float]] = field(default_factory=lambda: deque(maxlen=MAX_SEGMENTS))
    keys: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_SEGMENTS))
    warnings: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_WARNINGS))
    errors: deque[Json] = field(default_factory=lambda: deque(maxlen=MAX_WARNINGS))
    cut_ms: float = 0.0
    entries: int = 0

    def note(self, what: str, **facts: object) -> float:
        """Add a line to the timeline; return its time."""
        at_ms = now_ms()
        self.entries += 1
        self.timeline.append({"at_ms": at_ms, "at": wall_time(), "what": what, **facts})
        return at_ms

    def warn(self, code: int, message: str) -> None:
        """Log one of Twilio's warnings, which do not end a call."""
        self.warnings.append({"at_ms": self.note("warning", code=code), "code": code, "message": message})

    def fail(self, code: int, message: str) -> None:
        """Log one of Twilio's errors."""
        self.errors.append({"at_ms": self.note("error", code=code), "code": code, "message": message})

    def forget_media(self) -> None:
        """Drop the individual media frames; their sums stay."""
        for stream in self.streams:
            stream.media.clear()

    def as_json(self) -> Json:
        """Return the whole call as JSON values, without the individual media frames."""
        return {
            "timeline": list(self.timeline),
            "timeline_dropped": self.entries - len(self.timeline),
            "streams": [stream.as_json() for stream in self.streams],
            "heard": list(self.heard),
            "spoken": list(self.spoken),
            "keys": list(self.keys),
            "warnings": list(self.warnings),
            "errors": list(self.errors),
            "cut_ms": self.cut_ms,
        }


def _plain(value: object) -> object:
    return list(value) if isinstance(value, deque) else value
