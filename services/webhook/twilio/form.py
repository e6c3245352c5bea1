"""A form as Twilio posts it: at most so many fields, each of which can be looked up in one step."""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from services.webhook.http.problems import ProblemError, ProblemKind

MAX_FIELDS = 200  # Twilio sends about thirty


class Form(Mapping[str, str]):
    """The fields by name; of a name that came several times the last value counts. `getlist` is for Twilio's validator."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> str:
        """Return the last value."""
        return self._values[name][-1]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Count the names."""
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """Return all values, without a walk through the other fields: starlette's own `getlist` makes validation quadratic."""
        return self._values[name]


def parse_form(body: bytes) -> Form:
    """Return the fields of a body.

    Raises:
        ProblemError: It has too many.
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise ProblemError(ProblemKind.BAD_REQUEST, f"A form may have at most {MAX_FIELDS} fields.")
    values: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True):
        values.setdefault(name, []).append(value)
    return Form(values)
