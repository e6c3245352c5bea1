"""How late this machine was with the simulators' own audio: no measurement of a call can be more exact than that."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]  # Any: the simulators' ledgers as JSON


def late_ms(call: Json, sessions: Sequence[Json]) -> float:
    """Return the worst lateness in the ledgers of an ended call and of its sessions with the model."""
    late = [float(entry["worst_lateness_ms"]) for entry in call["timeline"] if entry["what"] == "line_closed"]
    late += [float(session["worst_lateness_ms"]) for session in sessions]
    return max(late, default=0.0)


def slack_ms(call: Json, sessions: Sequence[Json]) -> float:
    """Return the tolerance that is added to every limit in milliseconds for that call."""
    return 1.5 * late_ms(call, sessions)
