"""Any JSON is read back as it was, and any bytes are JSON or refused."""

import math

from hypothesis import given
from hypothesis import strategies as st

from services.webhook.http.json_text import canonical, parse_json
from services.webhook.http.problems import ProblemError


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )
)
def test_all_json_is_read_back(value: object) -> None:
    try:
        text = canonical(value)
    except UnicodeEncodeError:
        return
    assert parse_json(text) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused(data: bytes) -> None:
    try:
        value = parse_json(data)
    except ProblemError:
        return
    assert not (isinstance(value, float) and math.isnan(value))
