"""The state of a conversation: the last question, the decisions, and the words that are still to be said."""

import re

from simulators.openai_realtime.dialogue.text_parsing import verbatim_of
from simulators.openai_realtime.dialogue.turns import (
    AgentTurn,
    CustomerTurn,
    Dialogue,
    DialogueTurn,
    SystemNote,
    ToolCall,
    ToolResult,
)
from simulators.speech.phrases import Intent

_QUESTIONS = ("ask", "read_back_cancel", "anything_else")
_MOSTLY = 0.8
"""A line counts as said if this part of it was heard."""


def words_owed(dialogue: Dialogue) -> str:
    """Return the words that a system message asks the model to say first; empty if it has said them since."""
    for turn in reversed(dialogue.turns):
        if isinstance(turn, AgentTurn):
            break
        if isinstance(turn, SystemNote) and (words := verbatim_of(turn.text)):
            return words
    return ""


def last_question(dialogue: Dialogue, *, since_the_decision: bool = False) -> str | None:
    """Return the key of the question asked last."""
    for turn in reversed(dialogue.turns):
        if since_the_decision and decides(turn):
            break
        if isinstance(turn, AgentTurn):
            asked = [(turn.text.rfind(start), key) for key in _QUESTIONS if (start := start_of(dialogue, key))]
            place, key = max(asked, default=(-1, ""))
            if place >= 0:
                return key
    return None


def cut_off_question(dialogue: Dialogue) -> str:
    """Return the read-back if the customer cut it off, because a yes to half of it is no answer."""
    line = line_of(dialogue, "read_back_cancel")
    said = last_said(dialogue)
    return line if said and line.startswith(said) and len(said) < len(start_of(dialogue, "read_back_cancel")) else ""


def last_question_line(dialogue: Dialogue) -> str:
    """Return the line of the question asked last; empty before the first question."""
    question = last_question(dialogue)
    return line_of(dialogue, question) if question else ""


def asks_to_cancel(dialogue: Dialogue) -> bool:
    """Return whether the question asked last is the one that reads a cancellation back."""
    return last_question(dialogue) == "read_back_cancel"


def start_of(dialogue: Dialogue, key: str) -> str:
    """Return the part of a line that must have been heard before the line counts as said."""
    line = line_of(dialogue, key)
    return line[: max(1, int(len(line) * _MOSTLY))] if line else ""


def times_not_understood(dialogue: Dialogue) -> int:
    """Return how many times in a row the customer was not understood since the first question, this time included."""
    strikes = 0
    details = start_of(dialogue, "details")
    for turn in reversed(dialogue.turns):
        match turn:
            case CustomerTurn(Intent.UNCLEAR):
                strikes += 1
            case CustomerTurn():
                break
            case AgentTurn(text) if details and details in text:
                break
            case _:
                continue
    return strikes


def is_decided(dialogue: Dialogue) -> bool:
    """Return whether an outcome has been recorded, by the tool or by a key that was reported."""
    return any(decides(turn) for turn in dialogue.turns)


def decides(turn: DialogueTurn) -> bool:
    """Return whether an outcome was recorded in this turn."""
    match turn:
        case ToolResult(ToolCall("record_outcome", _), str(output)):
            return '"error"' not in output
        case SystemNote(text):
            return re.search(r"pressed\W+(key\W+)?[123]\b", text) is not None
        case _:
            return False


def last_said(dialogue: Dialogue) -> str:
    """Return the agent's last words."""
    return next((turn.text for turn in reversed(dialogue.turns) if isinstance(turn, AgentTurn) and turn.text), "")


def line_of(dialogue: Dialogue, key: str) -> str:
    """Return the keyed line of the instructions; empty if there is none with that key."""
    return dialogue.script.get(key, "")


def opening(dialogue: Dialogue) -> str:
    """Return the details of the order and the question about it."""
    lines = [line_of(dialogue, "details"), line_of(dialogue, "ask")]
    return " ".join(line for line in lines if line) or line_of(dialogue, "not_understood")
