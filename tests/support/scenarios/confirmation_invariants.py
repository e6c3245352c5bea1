"""The invariants of every confirmation: its attempts, events and transcript agree with what was said and placed."""

from collections.abc import Callable, Iterator

from shared import languages
from tests.support.scenarios.result import ScenarioResult


def _calls_are_attempts(result: ScenarioResult) -> Iterator[str]:
    """Check that nobody is called without an attempt, or twice for one."""
    sids = [attempt["call_sid"] for attempt in result.view["attempts"] if attempt["call_sid"]]
    if sorted(sids) != sorted(call["sid"] for call in result.calls):
        yield f"{len(result.calls)} calls were placed, and the attempts tell of {len(sids)}"


def _events_are_complete(result: ScenarioResult) -> Iterator[str]:
    if result.view["status"] != "finished":
        return
    sequences = [event["data"]["sequence"] for event in result.events]
    if sequences != list(range(1, len(sequences) + 1)):
        yield f"the events' sequence has a gap or a repeat: {sequences}"
    kinds = [event["type"].removeprefix("confirmation.") for event in result.events]
    if kinds.count("finished") != 1 or kinds[-1] != "finished":
        yield f"there must be one finished event, the last: {kinds}"
    if kinds.count("attempt_ended") != len(result.view["attempts"]):
        yield f"{kinds.count('attempt_ended')} attempts were announced of {len(result.view['attempts'])}"
    last = result.events[-1]["data"]
    for name in ("outcome", "evidence"):
        if last[name] != result.view[name]:
            yield f"the last event's {name} is {last[name]}, the confirmation's {result.view[name]}"


def _words_are_in_the_transcript(result: ScenarioResult) -> Iterator[str]:
    """Check that each of the agent's turns is what was said, up to where it was heard."""
    said = [item["said"] for line in result.lines for response in line.responses for item in response["items"]]
    stored = {text for language in languages.load_all() for text in language.stored.values()}
    for text in result.said("agent"):
        if not any(whole.startswith(text) for whole in (*said, *stored)):
            yield f"the transcript has the agent say what was never said: {text!r}"


def _cut_turns_are_marked(result: ScenarioResult) -> Iterator[str]:
    cuts = [cut for line in result.lines for session in line.sessions for cut in session["truncations"]]
    heard = [cut for cut in cuts if 1500 < cut["audio_end_ms"] < cut["audio_ms"] - 500]
    heard += [line for line in result.lines if line.call["cut_ms"] > 500 and line.call["heard"] and not line.has_lost_its_bridge]
    marked = sum(turn["interrupted"] for turn in result.turns if turn["speaker"] == "agent")
    if len(heard) > marked:
        yield f"{len(heard)} turns of the agent were cut off, and the transcript marks {marked}"


CHECKS: tuple[Callable[[ScenarioResult], Iterator[str]], ...] = (
    _calls_are_attempts,
    _events_are_complete,
    _words_are_in_the_transcript,
    _cut_turns_are_marked,
)
