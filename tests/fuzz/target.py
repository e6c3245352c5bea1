"""What a fuzz target is, and its corpus."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).with_name("corpus")

# Each is repeated until it fills an input: deep, wide, long, escaped, full of what a pattern could try again and again.
UNITS: tuple[bytes, ...] = (
    b"[",
    b'{"a":',
    b"9",
    b"a",
    b" ",
    b"&a=1",
    b"<a",
    b"<!--",
    b"&amp;",
    b"\\u0041",
    b"\\/",
    b'"a","a",',
    b"a.",
    b"a: b\r\n",
    b"\xc3\xab",
    b"\xff",
    b"\x81\x00",
)


@dataclass(frozen=True, slots=True)
class Target:
    """A parser at a door. `run` gives it any bytes, and lets nothing escape but a fault: what the parser documents is expected.

    `places` are heads and tails of inputs, between which a long repetition reaches the parser's inner parts.
    """

    name: str
    run: Callable[[bytes], None]
    places: tuple[tuple[bytes, bytes], ...] = ((b"", b""),)

    def samples(self) -> dict[str, bytes]:
        """Return the corpus, by the names of its files."""
        return {path.name: path.read_bytes() for path in sorted((CORPUS / self.name).iterdir())}

    def shapes(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield heads, units to be repeated, and tails of inputs of any length."""
        for head, tail in self.places:
            for unit in UNITS:
                yield head, unit, tail


def grown(shape: tuple[bytes, bytes, bytes], length: int) -> bytes:
    """Return an input of about `length` bytes."""
    head, unit, tail = shape
    return head + unit * (length // len(unit)) + tail
