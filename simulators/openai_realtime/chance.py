"""Seeded chance: the same seed, order and response give the same draw, whatever other sessions run beside it."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field

_ORDER_ID = re.compile(r'"id":\s*"([^"]+)"')


@dataclass(frozen=True, slots=True)
class Chance:
    """The draws of one session. Each trait and response has a generator of its own, so that no draw shifts another."""

    key: str = ""

    def generator(self, trait: str, number: int = 0) -> random.Random:
        """Return the generator for a trait in response `number`."""
        return random.Random(f"{self.key}/{trait}/{number}")

    def happens(self, trait: str, often: float | tuple[int, ...], number: int) -> bool:
        """Return whether a trait shows in response `number`: by its probability, or because `often` lists the response."""
        if isinstance(often, tuple):
            return number in often
        return often > 0 and self.generator(trait, number).random() < often


@dataclass(slots=True)
class Chances:
    """Gives each session its `Chance`: by the order that its instructions name, and by how many sessions that order has had."""

    _sessions: Counter[str] = field(default_factory=Counter)

    def of(self, instructions: str, *, seed: int) -> Chance:
        """Return the chance of a session that has just received these instructions."""
        order = _ORDER_ID.search(instructions)
        call = order[1] if order else instructions
        self._sessions[call] += 1
        return Chance(f"{seed}/{call}/{self._sessions[call]}")
