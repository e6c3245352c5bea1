"""Whatever a stranger writes: what is left can be stored and sent, and what is spoken is one plain line."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from shared.core.speech.plain_text import plain
from shared.core.text import clean

_PIECES = ("&", "amp;", "&#", "x0;", "<", "b>", "</p", ">", "<!--", "-->", "\r", "\n", "\x00", "\ud800", "\u202e", "🎉", "a", " ")
_TEXTS = st.one_of(st.text(st.characters(), max_size=200), st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))


@given(_TEXTS)
def test_what_is_left_can_be_stored_and_sent(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in cleaned.replace("\n", ""))
    assert len(cleaned) <= len(text)


@given(_TEXTS, st.integers(1, 100))
def test_what_is_spoken_is_one_plain_line_within_its_limit(text: str, limit: int) -> None:
    spoken = plain(text, limit=limit)
    assert len(spoken) <= limit
    assert len(spoken.splitlines()) <= 1
    assert not set(spoken) & set("«»<>[]{}")
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co"} for character in spoken)
