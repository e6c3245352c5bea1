"""Base64 as it stands in JSON."""

from base64 import b64encode

import msgspec

from services.media_bridge.base64_wire import joined, quoted


def test_what_is_no_string_is_no_audio() -> None:
    assert [quoted(msgspec.Raw(raw)) for raw in (b"1", b"null", b"{}", b'["a"]')] == [b""] * 4


def test_two_payloads_are_joined_whatever_their_length() -> None:
    for first in range(5):
        whole = bytes(range(first + 7))
        parts = [b'"%b"' % b64encode(part) for part in (whole[:first], whole[first:])]
        assert joined(*parts) == b'"%b"' % b64encode(whole)


def test_what_is_no_base64_is_not_joined() -> None:
    assert joined(b'"x"', b'"////"') is None
