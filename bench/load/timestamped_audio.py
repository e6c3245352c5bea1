"""Audio payloads with a time stamp, the number of their call and a sequence number, in the form of base64 of 20 ms of µ-law."""

from dataclasses import dataclass

LENGTH = 216  # base64 of 160 bytes
FRAME = b"LAT"  # an ordinary frame; its time is the time at which it was sent
LAST = b"END"  # the caller's last frame of a turn
ANSWER = b"ANS"  # the model's first frame of an answer; its time is that of the caller's last frame, plus the model's own wait
LONG_AUDIO = b'"' + b"A" * 40_000 + b'"'  # 3.75 s in one piece, to fill every buffer between the ends
UNTIMED_FROM = 900_000  # frames of calls from this number on are not timed
_FORMAT = b'"%b%020d%08d%06d%b"'
_FILL = b"A" * (LENGTH - 3 - 20 - 8 - 6)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The stamp of a payload; `at_ns` is of the monotonic clock, which all processes of a machine share."""

    kind: bytes
    at_ns: int
    number: int
    call: int


def payload(kind: bytes, at_ns: int, number: int, call: int) -> bytes:
    """Return the quoted payload."""
    return _FORMAT % (kind, at_ns, number, call, _FILL)


def stamp(message: bytes, kind: bytes = FRAME) -> Stamp | None:
    """Return the stamp of the payload of that kind in a message, or None if there is none."""
    start = message.find(b'"' + kind) + 1
    if not start:
        return None
    return Stamp(
        kind, int(message[start + 3 : start + 23]), int(message[start + 23 : start + 31]), int(message[start + 31 : start + 37])
    )
