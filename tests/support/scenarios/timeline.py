"""Shows a played scenario as a timeline, for a person who wants to know why a test failed."""

from collections.abc import Iterator

from tests.support.scenarios.result import CallResult, ScenarioResult
from tests.support.scenarios.scenario import Json

_LOUD = frozenset(
    {"status", "clear", "detected", "stream_connected", "stream_ended", "update_requested", "ended", "gathered", "error"}
)


def timeline(result: ScenarioResult) -> str:
    """Return the events of each call, one per line: seconds since the answer, who, what."""
    view = result.view
    parts = [f"{result.scenario.order_id} {view['id']} is {view['status']}, outcome {view['outcome']}, {view['evidence']}"]
    for number, line in enumerate(result.lines, start=1):
        attempt = line.attempt or {}
        parts.append(
            f"call {number}: {attempt.get('result')}, {attempt.get('reason')}, {line.call['end_reason']}, {line.call['sid']}"
        )
        origin = float(line.call["answered_ms"] or line.call["created_ms"])
        parts += [f"{(at - origin) / 1000:8.2f}  {who:<9} {what}" for at, who, what in sorted(_events(line))]
    parts += [
        f"  {turn['attempt']} {turn['speaker']:<9}{'✂' if turn['interrupted'] else ' '} {turn['text']}" for turn in result.turns
    ]
    return "\n".join(parts)


def _events(line: CallResult) -> Iterator[tuple[float, str, str]]:
    for entry in line.call["timeline"]:
        if entry["what"] in _LOUD:
            facts = {key: value for key, value in entry.items() if key not in {"at_ms", "at", "what"}}
            yield float(entry["at_ms"]), "line", f"{entry['what']} {facts or ''}"
    for sound in line.sounds:
        length_ms = sound.to_ms - sound.from_ms
        yield (
            sound.from_ms,
            "agent" if sound.is_agent else "customer",
            f"is heard for {length_ms:.0f} ms" if length_ms else "presses a key",
        )
    for session in line.sessions:
        yield from _session_events(session)


def _session_events(session: Json) -> Iterator[tuple[float, str, str]]:
    for response in session["responses"]:
        said, calls, traits = response["said"], response["calls"], ", ".join((response["trigger"], *response["traits"]))
        yield float(response["created_ms"]), "model", f"responds ({traits}): {said} {calls or ''}"
        if response["done_ms"] is not None:
            yield float(response["done_ms"]), "model", f"is done: {response['status']} {response['audio_ms']} ms"
    for turn in session["turns"]:
        yield float(turn["started_at_ms"]), "model", "hears speech"
        if turn["stopped_at_ms"] is not None:
            yield float(turn["stopped_at_ms"]), "model", f"understood {turn['intent']} {turn['phrase']} {turn['score']}"
    for cut in session["truncations"]:
        yield float(cut["ms"]), "model", f"is told that {cut['audio_end_ms']} of {cut['audio_ms']} ms were heard"
    for error in session["errors"]:
        yield float(error["ms"]), "model", f"complains: {error['code']}"
    closed = session["closed"]
    if closed is not None:
        yield float(closed["ms"]), "model", f"session closed by {closed['by']} {closed['code']}"
