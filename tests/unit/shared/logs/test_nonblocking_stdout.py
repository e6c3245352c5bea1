"""A reader of the log that stalls costs entries, never time, and learns how many."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from shared.logs.nonblocking_stdout import NonblockingLogStream

LINE = "x" * 999 + "\n"


@dataclass
class Pipe:
    """A log that goes into a pipe; `lost` are the reported numbers of lost entries."""

    lost: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reader, writer = os.pipe()
        self.stream = os.fdopen(writer, "w")
        self.log = NonblockingLogStream(self.stream, self.lost.append)

    def read(self) -> str:
        """Take all that is in the pipe."""
        os.set_blocking(self.reader, False)
        found = b""
        try:
            while piece := os.read(self.reader, 1 << 20):
                found += piece
        except BlockingIOError:
            pass
        return found.decode()


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    os.close(made.reader)
    made.stream.close()


def test_entries_pass_at_once(pipe: Pipe) -> None:
    pipe.log.write("one\n")
    pipe.log.write("zwei: ë\n")
    assert pipe.read() == "one\nzwei: ë\n"


def test_what_a_stalled_reader_does_not_take_is_lost_and_told_once(pipe: Pipe) -> None:
    for _ in range(200):
        pipe.log.write(LINE)
    assert pipe.lost == []
    taken = pipe.read()
    pipe.log.write("next\n")
    pipe.log.write("last\n")
    assert set(taken.splitlines(keepends=True)) == {LINE}
    assert pipe.lost == [200 - taken.count("\n")]
    assert pipe.read() == "next\nlast\n"


def test_a_long_entry_that_is_torn_spoils_no_other(pipe: Pipe) -> None:
    pipe.log.write("y" * 500_000 + "\n")
    assert len(pipe.read()) < 500_000
    pipe.log.write("next\n")
    assert pipe.read() == "\nnext\n"
    assert pipe.lost == [1]


def test_a_stream_without_a_descriptor_is_written_as_it_is() -> None:
    stream = io.StringIO()
    log = NonblockingLogStream(stream, lambda count: None)
    log.write("one\n")
    log.flush()
    assert stream.getvalue() == "one\n"
