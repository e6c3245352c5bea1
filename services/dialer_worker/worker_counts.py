"""What the worker processes count, told to the supervisor, whose metrics outlive them."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Figure(StrEnum):
    """What is counted, each with one label."""

    PLACING = "placing"  # by what became of it
    TWILIO_ERROR = "twilio_error"  # by code, HTTP status or kind of failure
    CARE = "care"  # by kind
    COUNTRY_REFUSED = "country_refused"  # by ISO 3166 code
    WEBHOOK = "webhook"  # by what became of it
    READY = "ready"  # a worker is up; no label
    WORKERS = "workers"  # how many are alive, told by their parent


@dataclass(frozen=True, slots=True)
class Count:
    """One more of something."""

    figure: Figure
    label: str = ""

    def line(self) -> bytes:
        """Return the form that goes through the pipe: short enough to be written whole or not at all."""
        return f"{self.figure.value} {self.label}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> "Count":
        """Return what a line says.

        Raises:
            ValueError: It is none of ours.
        """
        figure, _, label = line.decode().partition(" ")
        return cls(Figure(figure), label)


Tally = Callable[[Count], None]


def tally_into(figures_fd: int) -> Tally:
    """Return a tally that writes into a pipe, and never waits: a figure is worth less than a call."""
    os.set_blocking(figures_fd, False)

    def tell(count: Count) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(figures_fd, count.line())

    return tell
