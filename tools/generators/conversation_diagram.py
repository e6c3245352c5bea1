"""Writes docs/conversation.md from the conversation machine's table: `python -m tools.generators.conversation_diagram`."""

from collections.abc import Iterator, Sequence
from inspect import getdoc
from pathlib import Path

from shared.core.conversation.state.conversation_state import State
from shared.core.conversation.state.timers import Timer
from shared.core.conversation.transition_table import IN_ANY_STATE, IN_STATE, Row, moves

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conversation.md"

_HEAD = """# The states of a conversation

Drawn by `.venv/bin/python -m tools.generators.conversation_diagram` from the table in
`shared/core/conversation/transition_table.py`; a test keeps it fresh. The machine refuses every way that is not here, and
`tests/unit/shared/core/conversation/test_moves.py` has a story for each.

"""
_ROWS = """
## What is done about each event

An event that has no row for the present state is ignored: it comes too late, twice, or means nothing in that state. A state's own
row goes before the row of any state. In *ended* everything is ignored. A `timer` row is about a wait that is over
(`shared/core/conversation/state/timers.py`); [conversation-design.md](conversation-design.md#every-wait-and-its-limit) has
the limits.

| state | event | what is done | leads to |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the whole page: the diagram (Mermaid), the same transitions as a table, and the table of all events."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> opening"]
    rows = ["| from | to | what leads there |", "| --- | --- | --- |"]
    for (before, after), reason in _reasons().items():
        lines.append(f"    {_name(before)} --> {'[*]' if after is State.ENDED else _name(after)}: {reason}")
        rows.append(f"| {_name(before)} | {_name(after)} | {reason} |")
    events = [*_rows("any", IN_ANY_STATE), *(row for state, own in IN_STATE.items() for row in _rows(_name(state), own))]
    return _HEAD + "\n".join([*lines, "```", "", *rows]) + "\n" + _ROWS + "\n".join(events) + "\n"


def _reasons() -> dict[tuple[State, State], str]:
    reasons: dict[tuple[State, State], list[str]] = {}
    for before, after, reason in moves():
        reasons.setdefault((before, after), []).append(reason)
    return {move: ", ".join(told) for move, told in sorted(reasons.items())}


def _rows(state: str, rows: Sequence[Row]) -> Iterator[str]:
    for row in rows:
        event = f"timer `{row.trigger.name}`" if isinstance(row.trigger, Timer) else f"`{row.trigger.__name__}`"
        ways = "; ".join(f"{_name(after)}: {reason}" for after, reason in row.ways.items())
        yield f"| {state} | {event} | {(getdoc(row.react) or '').splitlines()[0]} | {ways} |"


def _name(state: State) -> str:
    return state.name.lower()


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"written: {PAGE}")
