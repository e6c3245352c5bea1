"""Places for what goes on for long: so many in this process, of which one shop, and one key, may take only a part."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from services.webhook.http.problems import ProblemError, ProblemKind

_RETRY_AFTER_S = "5"


class ConcurrencyLimit:
    """Counts what is going on by owner (a shop, or a shop's test keys) and by key."""

    def __init__(self, what: str, *, full: ProblemKind, in_all: int, per_owner: int, per_key: int) -> None:
        self._what = what
        self._full = full
        self._limits = (in_all, per_owner, per_key)
        self._taken: Counter[tuple[str, ...]] = Counter()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken[()]

    @contextmanager
    def place(self, owner: str, key_name: str) -> Iterator[None]:
        """Take a place while the block runs.

        Raises:
            ProblemError: All places are taken (503), or those of the shop or the key (429).
        """
        names: tuple[tuple[str, ...], ...] = ((), (owner,), (owner, key_name))
        for name, limit, whose in zip(names, self._limits, ("in this process", "for this shop", "for this key"), strict=True):
            if self._taken[name] >= limit:
                kind = ProblemKind.QUOTA_USED if name else self._full
                detail = f"{limit} {self._what} are open {whose}, and more are not allowed; try again when one has ended."
                raise ProblemError(kind, detail, headers={"retry-after": _RETRY_AFTER_S})
        self._taken.update(names)
        try:
            yield
        finally:
            self._taken.subtract(names)
            for name in names:
                if not self._taken[name]:
                    del self._taken[name]
