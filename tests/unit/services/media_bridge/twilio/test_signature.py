"""Twilio's signature of a handshake, held against the reference's vectors and the official validator."""

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from services.media_bridge.twilio.signature import SignatureCheck

CHECK = SignatureCheck(auth_tokens=("12345",), stream_url="wss://example.com/media", is_required=True)


@pytest.mark.parametrize("signature", ["7PR3qMkpDyEJtMrVOY/LDyNq8J8=", "T+WBXwUXC0/CyoZ1DA+p9ilZORs="])
def test_the_url_with_and_without_a_slash_is_ours(signature: str) -> None:
    assert CHECK.is_signed(signature)


@pytest.mark.parametrize("signature", [None, "", "7PR3qMkpDyEJtMrVOY/LDyNq8J8", "ë"])
def test_anything_else_is_not(signature: str | None) -> None:
    assert not CHECK.is_signed(signature)


def test_the_official_validator_agrees() -> None:
    url = "wss://calls.shop.example/media-stream"
    signature = RequestValidator("a-token").compute_signature(url, {})
    assert SignatureCheck(auth_tokens=("new-token", "a-token"), stream_url=url, is_required=True).is_signed(signature)
    assert not SignatureCheck(auth_tokens=("another",), stream_url=url, is_required=True).is_signed(signature)
