"""The language that the call is held in, and the sentences that are spoken word for word in it."""

from collections.abc import Callable

from shared.core.conversation.call_plan import AnswerWords, Lines


class SpokenLanguage:
    """The language's `code`, its `lines`, and the way to another language."""

    __slots__ = ("_lines_in", "code", "lines")

    def __init__(self, code: str, lines: Lines, lines_in: Callable[[str], Lines | None]) -> None:
        self.code = code
        self.lines = lines
        self._lines_in = lines_in

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
        self.code, self.lines = code, lines
        return True
