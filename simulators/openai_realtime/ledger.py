"""The ledger: what happened in each session, with monotonic and wall time; tests and the demo make assertions about it."""

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime

from simulators.openai_realtime.events.validators import Json

_MOST_SESSIONS = 5000
_MOST_EVENTS = 3000
_NOT_LISTED = frozenset({"input_audio_buffer.append", "response.output_audio.delta", "response.output_audio_transcript.delta"})


def now_ms() -> float:
    """Return milliseconds of the machine's monotonic clock, comparable between processes on Linux."""
    return round(time.monotonic() * 1000, 1)


def wall() -> str:
    """Return the time of day, RFC 3339 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(slots=True)
class ItemRecord:
    """One message of a response, in order: its words, as in `ResponseRecord`, and the length of its audio that was sent."""

    id: str
    said: str
    meant: str
    audio_ms: int = 0


@dataclass(slots=True)
class ResponseRecord:
    """One response. Times are monotonic ms; `said` is the whole text, `audio_ms` the length of its audio that was sent.

    `meant` are the words that were asked for, from which `said` may differ a little; `traits` are those that it showed.
    """

    id: str
    trigger: str
    created_ms: float
    first_delta_ms: float | None = None
    last_delta_ms: float | None = None
    done_ms: float | None = None
    status: str = "in_progress"
    reason: str | None = None
    said: str = ""
    item_id: str | None = None
    audio_ms: int = 0
    deltas: int = 0
    calls: list[dict[str, str]] = field(default_factory=list)
    meant: str = ""
    items: list[ItemRecord] = field(default_factory=list)
    traits: list[str] = field(default_factory=list)


@dataclass(slots=True)
class TurnRecord:
    """One turn of the customer as the session recognized it. `audio_*_ms` count appended audio, `*_at_ms` the clock."""

    item_id: str
    audio_start_ms: int
    started_at_ms: float
    audio_end_ms: int | None = None
    stopped_at_ms: float | None = None
    intent: str | None = None
    phrase: str = ""
    score: float = 0.0


@dataclass(slots=True)
class Traffic:
    """The frames of one session: all are counted, and all except audio are listed."""

    frames_in: Counter[str] = field(default_factory=Counter)
    frames_out: Counter[str] = field(default_factory=Counter)
    events: deque[Json] = field(default_factory=lambda: deque(maxlen=_MOST_EVENTS))
    errors: list[Json] = field(default_factory=list)

    def saw(self, event: Json) -> None:
        """Record a frame from the client."""
        self._note("in", self.frames_in, event)

    def sent(self, event: Json) -> None:
        """Record a frame to the client."""
        self._note("out", self.frames_out, event)
        if event["type"] == "error":
            self.errors.append({"ms": now_ms(), **event["error"]})

    def _note(self, direction: str, counts: Counter[str], event: Json) -> None:
        name = str(event.get("type"))
        counts[name] += 1
        if name in _NOT_LISTED:
            return
        entry: Json = {"ms": now_ms(), "at": wall(), "direction": direction, "type": name}
        for key in ("item_id", "response_id", "event_id", "audio_start_ms", "audio_end_ms"):
            if key in event:
                entry[key] = event[key]
        for key in ("item", "response"):
            inner = event.get(key)
            if isinstance(inner, dict) and "id" in inner:
                entry[f"{key}_id"] = inner["id"]
        self.events.append(entry)


@dataclass(slots=True)
class AudioIn:
    """How much audio the client has appended, and how punctually it came."""

    audio_in_ms: int = 0
    first_audio_in_ms: float | None = None
    worst_lateness_ms: float = 0.0
    """The worst lateness with which audio was taken in, counted from the first audio: it includes this machine's own delays."""

    def arrived(self, at_ms: float) -> None:
        """Record that more audio has arrived; call it before `audio_in_ms` is changed."""
        if self.first_audio_in_ms is None:
            self.first_audio_in_ms = at_ms
        late_ms = at_ms - self.first_audio_in_ms - self.audio_in_ms
        self.worst_lateness_ms = max(self.worst_lateness_ms, round(late_ms, 1))


@dataclass(slots=True)
class SessionRecord:
    """One session, from handshake to close."""

    id: str
    model: str
    opened_ms: float
    opened_at: str
    headers: dict[str, bool]
    instructions: str = ""
    formats: dict[str, str] = field(default_factory=dict)
    transcription_model: str | None = None
    faults: Json = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    audio: AudioIn = field(default_factory=AudioIn)
    responses: list[ResponseRecord] = field(default_factory=list)
    turns: list[TurnRecord] = field(default_factory=list)
    truncations: list[Json] = field(default_factory=list)
    closed: Json | None = None

    def ended(self, *, by: str, code: int, reason: str = "") -> None:
        """Record the end of the connection; only the first cause counts."""
        if self.closed is None:
            self.closed = {"ms": now_ms(), "at": wall(), "by": by, "code": code, "reason": reason}


@dataclass(slots=True)
class Ledger:
    """The records of all sessions, the newest last; refused handshakes are only counted."""

    sessions: deque[SessionRecord] = field(default_factory=lambda: deque(maxlen=_MOST_SESSIONS))
    refused_handshakes: Counter[int] = field(default_factory=Counter)

    def to_json(self, *, containing: str = "") -> Json:
        """Return all sessions whose instructions contain that text."""
        chosen = [record for record in self.sessions if containing in record.instructions]
        return {
            "now_ms": now_ms(),
            "refused_handshakes": {str(status): count for status, count in self.refused_handshakes.items()},
            "sessions": [record_to_json(record) for record in chosen],
        }

    def clear(self) -> None:
        """Forget the sessions that have ended, and the counts."""
        running = [record for record in self.sessions if record.closed is None]
        self.sessions.clear()
        self.sessions.extend(running)
        self.refused_handshakes.clear()


def record_to_json(record: SessionRecord) -> Json:
    """Return one session as the admin API shows it: one flat object."""
    plain = {one.name: getattr(record, one.name) for one in fields(record) if one.name not in {"traffic", "audio"}}
    return {
        **plain,
        **asdict(record.audio),
        "frames_in": dict(record.traffic.frames_in),
        "frames_out": dict(record.traffic.frames_out),
        "events": list(record.traffic.events),
        "errors": record.traffic.errors,
        "responses": [asdict(response) for response in record.responses],
        "turns": [asdict(turn) for turn in record.turns],
    }
