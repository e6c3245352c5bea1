"""Base64 as it stands in JSON."""

import msgspec

from services.media_bridge.base64_wire import quoted


def test_what_is_no_string_is_no_audio() -> None:
    assert [quoted(msgspec.Raw(raw)) for raw in (b"1", b"null", b"{}", b'["a"]')] == [b""] * 4
