"""Any sound is measured and carried without decoding it."""

from base64 import b64encode

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services.media_bridge.base64_wire import duration_ms, quoted


@given(st.binary(max_size=500))
def test_the_length_is_known_without_decoding(mulaw: bytes) -> None:
    payload = b'"%b"' % b64encode(mulaw)
    assert duration_ms(payload) == len(mulaw) / 8


@given(st.binary(max_size=100))
def test_an_escaped_slash_is_written_plainly(mulaw: bytes) -> None:
    plain = b'"%b"' % b64encode(mulaw)
    assert quoted(msgspec.Raw(plain.replace(b"/", rb"\/"))) == plain
