"""The table of a field run: what may not happen, how often it did, and in which calls."""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import quantiles

from tests.field.findings import Found

LONGEST_SILENCE_S = 4.0
MOST_ON_KEYPAD = 0.01
_EXAMPLES = 8
_MOST_KINDS = 12


def lines(calls: Sequence[Found]) -> Iterator[str]:
    """Yield the report's lines."""
    valid = counted(calls)
    lost = sum(one.is_lost for one in valid)
    yield f"{len(calls)} calls, {len(calls) - len(valid)} of them void because the machine was late; {lost} decisions lost"
    yield ""
    yield "| what may not happen | limit | found | calls |"
    yield "| --- | --- | --- | --- |"
    quiet = [one for one in valid if not one.kind.is_silent]
    longest = max(quiet, key=lambda one: one.silence_s, default=None)
    keypads = [one for one in quiet if one.is_on_keypad]
    yield _row("false verdicts", "0", [one for one in valid if one.is_false])
    yield _row("calls that the limit of 165 s ended", "0", [one for one in valid if one.ran_out_of_time])
    yield _row(
        f"calls with a silence above {LONGEST_SILENCE_S:.0f} s", "0", [one for one in quiet if one.silence_s > LONGEST_SILENCE_S]
    )
    yield _row("keypad fallbacks", f"< {MOST_ON_KEYPAD:.0%}", keypads, of=len(quiet))
    yield _row("goodbyes cut off", "0", [one for one in valid if one.cut_goodbye_ms > 0])
    yield ""
    if longest is not None:
        yield f"longest silence: {longest.silence_s:.1f} s, {longest.silence_at_s:.1f} s into the call of {longest.order_id}"
    yield from _delays([wait for one in valid for wait in one.first_audio_s])
    yield from _counts("lost, by kind of person", Counter(one.kind.name for one in valid if one.is_lost))
    yield from _counts("traits that were met", Counter(trait for one in valid for trait in one.traits))
    yield from _counts("other invariants that did not hold, by calls", Counter(fault for one in valid for fault in one.violations))


def holds(calls: Sequence[Found]) -> bool:
    """Return whether nothing happened that may not."""
    valid = counted(calls)
    quiet = [one for one in valid if not one.kind.is_silent]
    on_keypad = sum(one.is_on_keypad for one in quiet)
    return (
        bool(valid)
        and not any(one.is_false or one.ran_out_of_time or one.cut_goodbye_ms > 0 for one in valid)
        and not any(one.silence_s > LONGEST_SILENCE_S for one in quiet)
        and on_keypad < max(1, MOST_ON_KEYPAD * len(quiet))
    )


def counted(calls: Sequence[Found]) -> list[Found]:
    """Return the calls that the machine could play in time; a false verdict counts in any case."""
    return [one for one in calls if not one.is_void or one.is_false]


def _row(what: str, limit: str, calls: Sequence[Found], *, of: int = 0) -> str:
    share = f" ({len(calls) / of:.1%})" if of else ""
    more = "…" if len(calls) > _EXAMPLES else ""
    return f"| {what} | {limit} | {len(calls)}{share} | {', '.join(one.order_id for one in calls[:_EXAMPLES])}{more} |"


def _delays(waits: Sequence[float]) -> Iterator[str]:
    if len(waits) > 1:
        cuts = quantiles(waits, n=100, method="inclusive")
        shares = ", ".join(f"p{share} {cuts[share - 1]:.2f} s" for share in (50, 90, 99))
        yield f"first audio: {shares}, longest {max(waits):.2f} s, {len(waits)} responses"


def _counts(title: str, found: "Counter[str]") -> Iterator[str]:
    if found:
        yield f"{title}:"
        yield from (f"  {count:>5}  {what}" for what, count in found.most_common(_MOST_KINDS))
