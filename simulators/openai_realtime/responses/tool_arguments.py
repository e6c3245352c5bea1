"""Builds the arguments of function calls as JSON text; a fault can make them invalid."""

import json

from simulators.openai_realtime.dialogue.turns import ToolCall
from simulators.openai_realtime.session_context.state import SessionState


class ToolArguments:
    """Counts the calls of a session, because the faults `invalid_tool_calls` and `wrong_outcomes` apply to the first ones."""

    def __init__(self, state: SessionState) -> None:
        self._state = state
        self._calls = 0
        self._outcomes = 0

    def text_of(self, call: ToolCall) -> str:
        """Return the arguments of the next call."""
        faults = self._state.faults
        self._calls += 1
        arguments = _as_json(call)
        if call.name == "record_outcome":
            self._outcomes += 1
            if self._outcomes <= faults.wrong_outcomes:
                return _as_json(ToolCall(call.name, {**call.arguments, "outcome": "delighted"}))
        return arguments[:-2] if self._calls <= faults.invalid_tool_calls else arguments


def _as_json(call: ToolCall) -> str:
    return json.dumps(dict(call.arguments), ensure_ascii=False)
