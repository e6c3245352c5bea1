"""Any text is a number that may be called, or is refused."""

from hypothesis import given
from hypothesis import strategies as st

from shared.core.errors import InvalidValueError
from shared.core.phone import normalise


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        e164 = normalise(text, frozenset({"*"}))
    except InvalidValueError:
        return
    assert e164.startswith("+")
    assert e164[1:].isdigit()
    assert normalise(e164, frozenset({"*"})) == e164
