"""What the worker processes count. The counts go through a pipe to the control process, whose metrics outlive the workers."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class CountKind(StrEnum):
    """What is counted, and what its label says."""

    PLACING = "placing"  # label: the result
    TWILIO_ERROR = "twilio_error"  # label: Twilio's error code, HTTP status or the exception's name
    CARE = "care"  # label: the kind of reconciliation
    COUNTRY_REFUSED = "country_refused"  # label: ISO 3166 code
    SPEND_LIMIT = "spend_limit"  # label: the shop
    WEBHOOK = "webhook"  # label: the result
    READY = "ready"  # a worker has started; no label
    WORKERS = "workers"  # label: how many workers are alive, reported by their parent


@dataclass(frozen=True, slots=True)
class WorkerCount:
    """One more of a kind, or for `CountKind.WORKERS` the present number."""

    kind: CountKind
    label: str = ""

    def to_line(self) -> bytes:
        """Return the line that goes through the pipe: shorter than PIPE_BUF, so it is written whole or not at all."""
        return f"{self.kind.value} {self.label}\n".encode()

    @classmethod
    def from_line(cls, line: bytes) -> "WorkerCount":
        """Return the count that a line holds.

        Raises:
            ValueError: The line holds none.
        """
        kind, _, label = line.decode().partition(" ")
        return cls(CountKind(kind), label)


ReportCount = Callable[[WorkerCount], None]


def report_counts_to(pipe_fd: int) -> ReportCount:
    """Return a function that writes counts into a pipe. It never waits: if the pipe is full or broken, the count is lost."""
    os.set_blocking(pipe_fd, False)

    def report(count: WorkerCount) -> None:
        with contextlib.suppress(BlockingIOError, BrokenPipeError):
            os.write(pipe_fd, count.to_line())

    return report
