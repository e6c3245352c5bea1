"""The language that the call is held in, and the sentences that are spoken word for word in it."""

from collections.abc import Callable
from dataclasses import replace

from shared.core.conversation.call_plan import AnswerWords, Lines, UnprovenLines


class SpokenLanguage:
    """The language's `code`, its `lines`, and the way to another language. A caller without proof hears other lines."""

    __slots__ = ("_all_lines", "_is_proven", "_lines_in", "code", "lines")

    def __init__(self, code: str, lines: Lines, lines_in: Callable[[str], Lines | None]) -> None:
        self._is_proven = False
        self._lines_in = lines_in
        self._take(code, lines)

    @property
    def unproven(self) -> UnprovenLines | None:
        """The lines for a caller without proof; None if nothing need be proven."""
        return self._all_lines.until_proven

    def is_available(self, code: str) -> bool:
        """Tell whether the call can be held in the language with that code."""
        return code == self.code or self._lines_in(code) is not None

    def words_in(self, code: str | None) -> AnswerWords:
        """Return the words for yes and no in the language with that code, in the call's if there is no such language."""
        lines = self._lines_in(code) if code is not None else None
        return (lines or self.lines).words

    def switch(self, code: str | None) -> bool:
        """Change to the language with that code; False, and nothing changes, if it is the present one or not available."""
        lines = self._lines_in(code) if code is not None and code != self.code else None
        if code is None or lines is None:
            return False
        self._take(code, lines)
        return True

    def proven(self) -> None:
        """Say from now on, in every language, what only a caller with proof may hear."""
        self._is_proven = True
        self.lines = self._all_lines

    def _take(self, code: str, lines: Lines) -> None:
        self.code = code
        self._all_lines = lines
        self.lines = lines if self._is_proven else _for_unproven(lines)


def _for_unproven(lines: Lines) -> Lines:
    """Return the lines without what a caller must prove to know the order for."""
    said = lines.until_proven
    if said is None:
        return lines
    return replace(lines, greeting=said.greeting, disclosure=said.disclosure, repeat=said.ask, keypad=said.ask, proven="")
