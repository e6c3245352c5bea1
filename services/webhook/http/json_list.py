"""A body whose only member is a long list: read entry by entry, so that other requests get their turn in between.

The values are not kept while they wait: the garbage collector would walk through all of them, which takes longer than a turn.
"""

import hashlib
import re
from dataclasses import dataclass

from services.webhook.http.body import MAX_BODY
from services.webhook.http.json_text import canonical, decoded, parse_at, parse_json
from services.webhook.http.long_work import Turns
from services.webhook.http.problems import FieldFault, ProblemError, ProblemKind, faulty_fields

MAX_ENTRY = 2 * MAX_BODY
"""Characters of one entry; whatever a body of its own may hold fits."""

_BLANK = r"[ \t\n\r]*"
_BLANKS = re.compile(_BLANK)
_CLOSED = re.compile(rf"{_BLANK}\}}{_BLANK}\Z")


@dataclass(frozen=True, slots=True)
class JsonList:
    """The entries of a list by index: their digests as `fingerprint` makes them, and their values.

    `digest` is that of an object whose only member, of the name given to `read_list`, is the list.
    """

    digest: str
    digests: tuple[str, ...]
    _text: str
    _starts: tuple[int, ...]

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._starts)

    def value(self, index: int) -> object:
        """Return the value of an entry, parsed once more."""
        return parse_at(self._text, self._starts[index], MAX_ENTRY)[0]


async def read_list(body: bytes, member: str, turns: Turns, *, most: int, digested_as: str) -> JsonList:
    """Return the entries of the object's only member.

    Raises:
        ProblemError: The body is not JSON (400), or not an object whose only member is a list of at most `most` entries (422).
    """
    text = decoded(body)
    opened = re.match(rf'{_BLANK}\{{{_BLANK}"{member}"{_BLANK}:{_BLANK}\[', text)
    if not opened:
        raise _other_shape(body, member)
    whole = hashlib.sha256(b'{"%s":[' % digested_as.encode())
    starts: list[int] = []
    digests: list[str] = []
    at = _after_blanks(text, opened.end())
    is_more = text[at : at + 1] != "]"
    while is_more:
        if len(starts) == most:
            raise faulty_fields([FieldFault(f"/{member}", "too_many", f"must have at most {most} entries")])
        value, end = parse_at(text, at, MAX_ENTRY)
        spelling = canonical(value)
        whole.update((b"," if starts else b"") + spelling)
        digests.append(hashlib.sha256(spelling).hexdigest())
        starts.append(at)
        at = _after_blanks(text, end)
        is_more = text[at : at + 1] == ","
        if is_more:
            at = _after_blanks(text, at + 1)
        await turns.give()
    if text[at : at + 1] != "]":
        raise ProblemError(ProblemKind.INVALID_JSON, f"Expecting ',' or ']' after entry {len(starts)} of the list.")
    if not _CLOSED.match(text, at + 1):
        raise _other_shape(body, member)
    whole.update(b"]}")
    return JsonList(whole.hexdigest(), tuple(digests), text, tuple(starts))


def _other_shape(body: bytes, member: str) -> ProblemError:
    """Return the problem of a body that does not begin and end as it should; only a short one is parsed for its faults.

    Raises:
        ProblemError: It is not JSON.
    """
    shape = FieldFault("", "wrong_type", f"must be an object whose only member is {member}, an array")
    value = parse_json(body) if len(body) <= MAX_BODY else None
    if not isinstance(value, dict):
        return faulty_fields([shape])
    faults = [FieldFault(f"/{name[:100]}", "unknown_field", "is no field of this object") for name in value if name != member]
    if member not in value:
        faults.append(FieldFault(f"/{member}", "required", "is required"))
    elif not isinstance(value[member], list):
        faults.append(FieldFault(f"/{member}", "wrong_type", "must be an array"))
    return faulty_fields(faults or [shape])


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
