"""Draws the conversation machine's table of moves into docs/conversation.md: `python -m tools.generators.conversation_diagram`."""

from pathlib import Path

from shared.core.conversation.state import MOVES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conversation.md"

_HEAD = """# The states of a conversation

Drawn by `python -m tools.generators.conversation_diagram` from `MOVES` in `shared/core/conversation/state.py`; a test keeps it
fresh. The machine refuses every way that is not here, and `tests/unit/shared/core/conversation/test_moves.py` has a story for each.

"""


def page() -> str:
    """Return the whole page: the diagram (Mermaid), then the same as a table."""
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> opening"]
    rows = ["| from | to | what leads there |", "| --- | --- | --- |"]
    for before, ways in MOVES.items():
        for after, reason in ways.items():
            target = "[*]" if after.name == "ENDED" else after.name.lower()
            lines.append(f"    {before.name.lower()} --> {target}: {reason}")
            rows.append(f"| {before.name.lower()} | {after.name.lower()} | {reason} |")
    return _HEAD + "\n".join([*lines, "```", "", *rows]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"written: {PAGE}")
