"""The customer's silence: since when nobody has spoken, and how many prompts were spoken into it."""


class Silence:
    """One silence at a time; all its prompts are counted from its beginning, in seconds of the machine's `now`."""

    __slots__ = ("prompts", "since")

    def __init__(self) -> None:
        self.prompts = 0
        self.since: float | None = None

    def begin(self, now: float) -> float:
        """Note that nobody speaks; returns when this silence began."""
        if self.since is None:
            self.since = now
        return self.since

    def prompted(self) -> int:
        """Note that the silence is broken by a prompt of ours; returns the number of prompts, this one included."""
        self.prompts += 1
        return self.prompts

    def end(self) -> None:
        """Note that somebody was heard: the next silence begins anew."""
        self.prompts = 0
        self.since = None
