"""A session with the model: agreed on, handed to a call, lost."""

import asyncio
from typing import Any

import pytest

from services.media_bridge.openai.events_wire import Head, Told
from services.media_bridge.openai.leg import ModelAddress, ModelLeg
from services.media_bridge.websocket import ConnectionFailedError
from shared.core.conversation.events import SpeechStarted
from tests.support.bridge.fakes import FakeSocket, a_model_leg, audio, delta, session


class Hearer:
    """Who hears of a model, and notes it."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def model_sounded(self, response_id: str, item_id: str, payload: bytes, /) -> None:
        self.heard.append((item_id, payload))

    def model_worded(self, head: Head) -> None:
        self.heard.append(head.item_id)

    def model_told(self, leg: ModelLeg, told: Told) -> None:
        self.heard.append(told)

    def model_closed(self, leg: ModelLeg) -> None:
        self.heard.append("closed")


def a_new_leg() -> tuple[ModelLeg, FakeSocket]:
    leg = ModelLeg()
    socket = FakeSocket(leg)
    leg.use(socket)
    return leg, socket


async def agreed(*events: dict[str, Any]) -> tuple[ModelLeg, FakeSocket]:
    """A leg that agrees while these events come in, one a turn of the loop."""
    leg, socket = a_new_leg()
    async with asyncio.timeout(1), asyncio.TaskGroup() as tasks:
        agreeing = tasks.create_task(leg.agree("marin"))
        for event in events:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            socket.bring(event)
    assert agreeing.done()
    return leg, socket


async def test_nothing_is_sent_before_the_session_stands() -> None:
    leg, socket = a_new_leg()
    agreeing = asyncio.gather(leg.agree("marin"))
    await asyncio.sleep(0)
    assert socket.sent == []
    agreeing.cancel()


async def test_mulaw_both_ways_and_the_voice_are_agreed_on_ahead() -> None:
    leg, socket = await agreed(session("session.created", input_format="audio/pcm"), session("session.updated"))
    (update,) = socket.sent
    assert update["session"]["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert update["session"]["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "marin"}
    assert "instructions" not in update["session"]
    assert leg.is_agreed
    assert leg.is_open
    assert leg.expires_at == 4e9


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([session("session.created"), session("session.updated", output_format="audio/pcm")], "formats_refused"),
        ([{"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_api_key"}}], "invalid_api_key"),
        ([session("session.created"), {"type": "error", "error": {"code": "invalid_value"}}], "invalid_value"),
    ],
)
async def test_a_session_that_is_not_granted_is_none(events: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(ExceptionGroup) as failed:
        await agreed(*events)
    (error,) = failed.value.exceptions
    assert isinstance(error, ConnectionFailedError)
    assert error.reason == reason


async def test_a_session_that_breaks_while_it_is_agreed_on_is_none() -> None:
    leg, socket = a_new_leg()
    socket.break_off()
    with pytest.raises(ConnectionFailedError):
        await leg.agree("marin")
    assert not leg.is_open


async def test_a_call_hears_everything_from_when_it_is_attached() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    socket.bring(delta("early", 20))
    leg.attach(hearer)
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
    assert leg.unreadable == 2


async def test_who_closes_is_not_told() -> None:
    leg, socket = a_model_leg()
    hearer = Hearer()
    leg.attach(hearer)
    await leg.close()
    socket.break_off()
    assert hearer.heard == []
    assert socket.closed == (1000, "")


def test_the_url_names_the_model_and_the_header_the_key() -> None:
    address = ModelAddress(
        url="wss://api.openai.com/v1/realtime", model="gpt-realtime-2.1", api_key="sk-x", voice="marin", ssl_context=None
    )
    assert address.session_url == "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"
    assert address.headers == {"Authorization": "Bearer sk-x"}
