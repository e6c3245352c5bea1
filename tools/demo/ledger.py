"""Joins what the two simulators measured in the demo's calls: both use the machine's own clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from shared import languages
from simulators.lateness import Json, slack_ms

MOST_MS = 100.0
"""The limit in milliseconds from the model's first audio to the first sound, and from the customer's word or key to silence.

The machine's own lateness in that call is added to it.
"""

_BURST_MS = 100.0
_FRAME_BYTES = 160  # what a stored prompt is filled up to
_OUR_ENDS = frozenset({"hung_up_by_rest", "twiml_end", "twiml_hangup", "person_hung_up", "busy", "no_answer", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Joined:
    """One call of Twilio's simulator with the session of OpenAI's simulator that spoke in it."""

    call: Json
    session: Json | None

    @property
    def stream(self) -> Json | None:
        """The call's media stream, if it had one."""
        streams = self.call["streams"]
        return streams[0] if streams else None

    @property
    def most_ms(self) -> float:
        """The limit in milliseconds for a sound or a silence in this call."""
        return MOST_MS + slack_ms(self.call, [self.session] if self.session else [])


def join(calls: Sequence[Json], sessions: Sequence[Json], order_ids: Mapping[str, str]) -> list[Joined]:
    """Assign a session to each call, in order of time; a session's instructions name the order (`order_ids` by phone)."""
    joined = []
    for phone, order_id in order_ids.items():
        own = sorted((call for call in calls if call["to"] == phone), key=_stream_start)
        spoken = [one for one in sessions if order_id in one["instructions"] and one["first_audio_in_ms"] is not None]
        free = iter(sorted(spoken, key=lambda one: float(one["first_audio_in_ms"])))
        joined += [Joined(call, next(free, None) if call["streams"] else None) for call in own]
    return joined


def findings(joined: Sequence[Joined]) -> list[tuple[str, str, bool]]:
    """Return each measurement: its name, its value, and whether the value is within what the demo promises."""
    cut = [one.call["cut_ms"] for one in joined if one.call["end_reason"] != "person_hung_up"]
    late = list(_heard_after_clear(joined))
    first = list(_first_audio_ms(joined))
    clears = list(_clear_ms(joined))
    ends = sorted({one.call["end_reason"] or "still open" for one in joined})
    return [
        ("goodbyes cut off", f"{sum(ms > 0 for ms in cut)} of {len(cut)}", not any(cut)),
        ("old audio after a clear", f"{sum(late)} of {len(late)} clears", not any(late)),
        ("model's first sound until heard, most", _ms(first), _are_soon(first)),
        ("customer's word or key until silence, most", _ms(clears), _are_soon(clears)),
        ("how the calls ended", ", ".join(ends), set(ends) <= _OUR_ENDS),
        ("frames that Twilio would warn about", str(sum(len(one.call["warnings"]) for one in joined)), not _warnings(joined)),
    ]


def _ms(waits: Sequence[tuple[float, float]]) -> str:
    return f"{max(ms for ms, _ in waits):.0f} ms of {len(waits)}" if waits else "none"


def _are_soon(waits: Sequence[tuple[float, float]]) -> bool:
    return bool(waits) and all(ms <= most_ms for ms, most_ms in waits)


def _warnings(joined: Sequence[Joined]) -> bool:
    return any(one.call["warnings"] for one in joined)


def _stream_start(call: Json) -> float:
    streams = call["streams"]
    return float(streams[0]["started_ms"] or 0) if streams else float("inf")


def _first_audio_ms(joined: Sequence[Joined]) -> Iterator[tuple[float, float]]:
    """Yield, for each call, the milliseconds from the model's first delta to the first sound at the person's ear, and the limit."""
    for one in joined:
        if one.stream is None or one.session is None or one.stream["first_audible_ms"] is None:
            continue
        sent = [response["first_delta_ms"] for response in one.session["responses"] if response["first_delta_ms"]]
        if sent:
            yield one.stream["first_audible_ms"] - min(sent), one.most_ms


def _clear_ms(joined: Sequence[Joined]) -> Iterator[tuple[float, float]]:
    """Yield, for each clear, the milliseconds since the word (when the model noticed it) or key that caused it, and the limit."""
    for one in joined:
        if one.stream is None:
            continue
        causes = [key["at_ms"] for key in one.call["keys"]]
        causes += [turn["started_at_ms"] for turn in (one.session or {"turns": []})["turns"]]
        for clear in one.stream["clears"]:
            before = [at for at in causes if at <= clear["at_ms"] + 1]
            if before:
                yield clear["at_ms"] - max(before), one.most_ms


def _heard_after_clear(joined: Sequence[Joined]) -> Iterator[bool]:
    """Yield, for each clear, whether audio of a response created before it arrived after it."""
    for one in joined:
        if one.stream is None or one.session is None:
            continue
        for clear in one.stream["clears"]:
            sent = _without_prompt([frame for frame in one.call["media"] if frame["at_ms"] > clear["at_ms"]])
            later = [frame["at_ms"] for frame in sent if frame["audible"]]
            news = [r["first_delta_ms"] for r in one.session["responses"] if (r["first_delta_ms"] or 0) > clear["at_ms"]]
            yield bool(later) and (not news or min(later) < min(news) - 1)


def _without_prompt(sent: Sequence[Json]) -> Sequence[Json]:
    """Return the frames without a stored prompt, whole and in one burst, if they begin with one.

    A key that was pressed before the disclosure was heard is followed by the stored one at once; while the model thinks, another.
    """
    total, ends_at = 0, 0
    for count, frame in enumerate(sent, start=1):
        total += int(frame["bytes"])
        if frame["at_ms"] - sent[0]["at_ms"] > _BURST_MS:
            break
        if any(0 <= total - size < _FRAME_BYTES for size in _prompt_sizes()):
            ends_at = count  # a longer prompt may still match
    return sent[ends_at:]


@cache
def _prompt_sizes() -> frozenset[int]:
    every = [languages.load(code) for code in languages.supported()]
    return frozenset(len(languages.audio(language.code, key)) for language in every for key in language.stored)
