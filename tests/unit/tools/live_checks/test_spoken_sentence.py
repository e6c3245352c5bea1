"""What the doctor says of a sentence that the model spoke."""

import json
from base64 import b64encode

import pytest

from tests.support.bridge.fakes import FakeSocket
from tools.live_checks.session_probe import SessionProbe, SessionRefusedError
from tools.live_checks.spoken_sentence import Sentence, findings_of, listen

LOUD = b"\x10" * 8


def a_sentence(audio: bytes, *, first_s: float = 0.8) -> Sentence:
    return Sentence(item_id="item_1", audio=audio, pieces_ms=(20, 400), first_s=first_s, taken_s=first_s + 1)


def test_a_quick_sentence_has_its_figures_and_nothing_to_fix() -> None:
    found = list(findings_of(a_sentence(LOUD * 5000), filler_s=3.3))
    assert [finding.fix for finding in found] == [None, None]
    assert found[0].text == "the first audio came after 800 ms"
    assert found[1].text == "5.0 s of audio came in pieces of 20 to 400 ms, 5.0 times faster than they are spoken"


@pytest.mark.parametrize(
    ("sentence", "text"),
    [
        (a_sentence(LOUD * 1000, first_s=3.4), "the first audio came after 3400 ms"),
        (a_sentence(b"\xff" * 8000), "the audio is digital silence"),
        (a_sentence(b""), "the model ended its response without audio"),
    ],
)
def test_what_a_customer_would_suffer_from_is_to_be_fixed(sentence: Sentence, text: str) -> None:
    assert [finding.text for finding in findings_of(sentence, filler_s=3.3) if finding.fix is not None] == [text]


async def test_only_the_first_item_of_the_response_is_the_sentence() -> None:
    socket = FakeSocket()
    probe = SessionProbe(socket)
    for item in ("item_1", "item_2", "item_1"):
        tell(probe, {"type": "response.output_audio.delta", "item_id": item, "delta": b64encode(LOUD * 20).decode()})
    for odd in (
        b"no json",
        b"[1]",
        b'{"type": null}',
        b'{"type": "response.output_audio.delta", "item_id": "item_1", "delta": "x"}',
    ):
        probe.on_message(odd)
    tell(probe, {"type": "response.done", "response": None})
    sentence = await listen(probe, "Say this")
    assert (sentence.item_id, sentence.audio_ms, sentence.pieces_ms) == ("item_1", 40, (20, 20, 0))
    assert [message["type"] for message in socket.sent] == ["response.create"]


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "error", "error": {"code": "invalid_api_key", "message": "Incorrect API key provided: sk-x"}}, "invalid_api_key"),
        ({"type": "error", "error": None}, "unknown"),
        ({"type": "error", "error": {"code": "Incorrect API key provided: sk-x"}}, "unknown"),
        ({"type": "response.done", "response": {"status": "failed", "status_details": None}}, "unknown"),
    ],
)
async def test_a_refusal_is_told_by_its_code_alone(event: dict[str, object], code: str) -> None:
    probe = SessionProbe(FakeSocket())
    tell(probe, event)
    with pytest.raises(SessionRefusedError) as refused:
        await listen(probe, "Say this")
    assert str(refused.value) == code


async def test_a_lost_connection_ends_the_wait() -> None:
    probe = SessionProbe(FakeSocket())
    probe.on_closed()
    with pytest.raises(SessionRefusedError, match="closed"):
        await probe.until("session.created", limit_s=1)


def tell(probe: SessionProbe, event: dict[str, object]) -> None:
    probe.on_message(json.dumps(event).encode())
