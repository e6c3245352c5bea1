"""A session with the model: agreed on, handed to a call, lost."""

from typing import Any

from services.media_bridge.openai.events_wire import EventHead, ServerEvent, read, transcript_delta
from services.media_bridge.openai.leg import ModelLeg
from shared.core.conversation.events import SpeechStarted
from tests.support.bridge.fakes import a_model_leg, audio, delta


class Hearer:
    """Who hears of a model, and notes it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []  # Any: whatever a receiver takes

    def take_audio(self, response_id: str, item_id: str, payload: bytes, /) -> None:
        self.heard.append((item_id, payload))

    def on_transcript_delta(self, head: EventHead) -> None:
        self.heard.append(head.item_id)

    def on_server_event(self, leg: ModelLeg, event: ServerEvent) -> None:
        self.heard.append(event)

    def on_model_closed(self, leg: ModelLeg) -> None:
        self.heard.append("closed")


async def test_a_call_hears_everything_from_when_it_is_attached() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    socket.bring(delta("early", 20))
    leg.attach(hearer, on_audio=hearer.take_audio)
    socket.bring(delta("item_1", 20))
    socket.bring({"type": "response.output_audio_transcript.delta", "item_id": "item_1", "delta": "Mi"})
    socket.bring({"type": "input_audio_buffer.speech_started"})
    socket.break_off()
    assert hearer.heard == [("item_1", f'"{audio(20)}"'.encode()), "item_1", SpeechStarted(), "closed"]


async def test_an_error_while_nobody_listens_makes_the_session_useless() -> None:
    leg, socket = a_model_leg()
    socket.bring({"type": "error", "error": {"code": "session_expired"}})
    assert not leg.is_open


async def test_what_cannot_be_read_is_counted() -> None:
    leg, _ = a_model_leg()
    leg.on_message(b"no json")
    leg.on_message(b'{"type":"response.done","response":7}')
    leg.on_message(b"[" * 100_000)
    leg.on_message(b'["type"]')
    assert leg.unreadable == 4


async def test_audio_and_words_without_ids_are_heard() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    leg.attach(hearer, on_audio=hearer.take_audio)
    socket.bring({**delta("i", 20), "response_id": None, "item_id": 7})
    socket.bring({"type": "response.output_audio_transcript.delta", "item_id": None, "delta": "Mi"})
    assert hearer.heard == [("", f'"{audio(20)}"'.encode()), None]


async def test_an_event_that_breaks_the_parser_costs_no_session() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    leg.attach(hearer, on_audio=hearer.take_audio)
    leg.on_message(b'{"type":"response.done","x":' + b"[" * 4000)
    leg.on_message(b'{"type":"response.done","response":{"output":[{"x":' + b"[" * 900 + b"]" * 900 + b"}]}}")
    leg.on_message(b'{"type":"\xff"}')
    leg.on_message(b'{"type":"response.output_audio.delta","delta":"\xff"}')
    socket.bring({"type": "input_audio_buffer.speech_started"})
    assert (leg.unreadable, hearer.heard[-1]) == (1, SpeechStarted())  # of the others the parts that could be read were read


async def test_words_that_are_no_utf_8_are_none() -> None:
    assert transcript_delta(read(b'{"type":"x","delta":"\xff"}')) == ""


async def test_who_closes_is_not_told() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    leg.attach(hearer, on_audio=hearer.take_audio)
    await leg.close()
    socket.break_off()
    assert hearer.heard == []
    assert socket.closed == (1000, "")
