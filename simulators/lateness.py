"""How late this machine was with the simulators' own audio: what is measured in a call can be no better."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]  # Any: the simulators' ledgers as JSON


def late_ms(call: Json, sessions: Sequence[Json]) -> float:
    """Return how late it was at worst, by the ledgers of an ended call and of the sessions that spoke in it."""
    late = [float(entry["worst_lateness_ms"]) for entry in call["timeline"] if entry["what"] == "line_closed"]
    late += [float(session["worst_lateness_ms"]) for session in sessions]
    return max(late, default=0.0)


def slack_ms(call: Json, sessions: Sequence[Json]) -> float:
    """Return what every limit in milliseconds is given besides in that call."""
    return 1.5 * late_ms(call, sessions)
