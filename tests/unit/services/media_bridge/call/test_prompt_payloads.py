"""Stored prompts as payloads."""

from base64 import b64decode

from services.media_bridge.base64_wire import duration_ms
from services.media_bridge.call.prompt_payloads import prompt_payloads
from shared import languages


def test_a_prompt_comes_whole_in_frames_of_20_ms() -> None:
    pieces = prompt_payloads("sq", "keypad")
    sound = b"".join(b64decode(piece) for piece in pieces)
    stored = languages.audio("sq", "keypad")
    assert sound.startswith(stored)
    assert set(sound[len(stored) :]) <= {0xFF}
    assert len(sound) % 160 == 0
    assert {duration_ms(piece) for piece in pieces[:-1]} == {400}
