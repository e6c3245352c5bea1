"""How a session with the model is agreed on."""

import asyncio
from typing import Any

import pytest

from services.media_bridge.openai.leg import ModelLeg
from services.media_bridge.openai.requests_wire import AudioSettings
from services.media_bridge.openai.session_handshake import SessionHandshake
from services.media_bridge.websocket import ConnectionFailedError
from tests.support.bridge.fakes import FakeSocket, session


def a_new_session() -> tuple[SessionHandshake, FakeSocket]:
    socket = FakeSocket()
    handshake = SessionHandshake(socket, audio=AudioSettings("marin"))
    socket.deliver_to(handshake)
    return handshake, socket


async def agreed(*events: dict[str, Any]) -> tuple[ModelLeg, FakeSocket]:  # Any: JSON
    """A leg that agrees while these events come in, one a turn of the loop."""
    handshake, socket = a_new_session()
    async with asyncio.timeout(1), asyncio.TaskGroup() as tasks:
        agreeing = tasks.create_task(handshake.agreed())
        for event in events:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            socket.bring(event)
    assert agreeing.done()
    return agreeing.result(), socket


async def test_nothing_is_sent_before_the_session_stands() -> None:
    handshake, socket = a_new_session()
    agreeing = asyncio.gather(handshake.agreed())
    await asyncio.sleep(0)
    assert socket.sent == []
    agreeing.cancel()


async def test_mulaw_both_ways_and_the_voice_are_agreed_on_ahead() -> None:
    leg, socket = await agreed(session("session.created", input_format="audio/pcm"), session("session.updated"))
    (update,) = socket.sent
    assert update["session"]["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert update["session"]["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": "marin"}
    assert "instructions" not in update["session"]
    assert socket.receivers[-1] is leg
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
async def test_a_session_that_is_not_granted_is_none(events: list[dict[str, Any]], reason: str) -> None:  # Any: JSON
    with pytest.raises(ExceptionGroup) as failed:
        await agreed(*events)
    (error,) = failed.value.exceptions
    assert isinstance(error, ConnectionFailedError)
    assert error.reason == reason


async def test_a_session_that_breaks_while_it_is_agreed_on_is_none() -> None:
    handshake, socket = a_new_session()
    socket.break_off()
    with pytest.raises(ConnectionFailedError):
        await handshake.agreed()
    assert not socket.is_open


async def test_an_error_right_after_the_grant_reaches_the_session() -> None:
    handshake, socket = a_new_session()
    for event in (session("session.created"), session("session.updated"), {"type": "error", "error": {"code": "session_expired"}}):
        socket.bring(event)
    assert not (await handshake.agreed()).is_open


async def test_what_could_not_be_read_before_is_counted_with_the_session() -> None:
    handshake, socket = a_new_session()
    handshake.on_message(b"no json")
    handshake.on_message(b'{"type":"session.created","session":7}')
    for event in (session("session.created"), session("session.updated")):
        socket.bring(event)
    assert (await handshake.agreed()).unreadable == 2
