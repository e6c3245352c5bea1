"""The profiles of both simulators: as clean as the vendors' documentation, or as third parties have measured the vendors."""

from enum import StrEnum
from typing import Final


class Profile(StrEnum):
    """How the simulated model and the simulated lines behave as long as nobody asks for anything else."""

    IDEAL = "ideal"
    """Fast, complete, and the same each time."""
    REALISTIC = "realistic"
    """Slow at times and odd at times, drawn by a seed; docs/simulators.md lists the traits."""


DEFAULT: Final = Profile.IDEAL
"""The profile of every program that does not choose one: demo, scenarios, and the simulators themselves."""
