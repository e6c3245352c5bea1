"""Simulated media streams end in every possible way, and the call continues with the TwiML after them."""

import asyncio
from typing import Any

import pytest

from tests.support.simulators.twilio import ARTA, FarEnd, StreamServer, TwilioSimulator, eventually, stream_twiml
from tests.support.simulators.twilio_streams import TONE, place, play


async def test_a_closed_stream_goes_on_with_the_action(twilio: TwilioSimulator, server: StreamServer, far: FarEnd) -> None:
    action = far.say("/after-stream", "<Response><Hangup/></Response>")
    sid = place(twilio, stream_twiml(server.url, action=action, after="<Pause length='9'/>"))
    bridge = await server.first()
    await bridge.close()
    ledger = await twilio.ended(sid)

    assert far.at("/after-stream")[0].signed
    assert bridge.of("stop") == []
    assert (ledger["end_reason"], ledger["streams"][0]["closed_by"]) == ("twiml_hangup", "server")


async def test_a_closed_stream_without_an_action_goes_on_with_the_next_verb(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await bridge.close()

    assert (await twilio.ended(sid))["end_reason"] == "twiml_end"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ws://127.0.0.1:9/media-stream", 31902),
        ("{server}?token=1", 31920),
        ("https://h.example/media-stream", 31922),
        ("ws://", 31923),
        ("{far}/refuses", 31920),
        ("/relative", 31922),
    ],
)
async def test_a_stream_that_never_connects_goes_on_the_same_way(
    twilio: TwilioSimulator, server: StreamServer, far: FarEnd, url: str, code: int
) -> None:
    action = far.say("/after-stream", "<Response><Hangup/></Response>")
    full = url.format(server=server.url, far=far.origin.replace("http", "ws"))

    ledger = await twilio.ended(place(twilio, stream_twiml(full, action=action)))

    assert [error["code"] for error in ledger["errors"]] == [code]
    assert str(code) in ledger["streams"][0]["handshake"]
    assert len(far.at("/after-stream")) == 1
    assert ledger["end_reason"] == "twiml_hangup"


async def test_a_stream_is_refused_on_order_for_one_phone(twilio: TwilioSimulator, server: StreamServer, far: FarEnd) -> None:
    action = far.say("/after-stream", "<Response><Hangup/></Response>")
    twilio.faults({"fault": "stream_refused", "phone": ARTA, "next": 1})

    ledger = await twilio.ended(place(twilio, stream_twiml(server.url, action=action)))

    assert ([error["code"] for error in ledger["errors"]], server.bridges) == ([31920], [])
    assert len(far.at("/after-stream")) == 1


async def test_a_new_document_mid_stream_stops_it_first(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await play(bridge, TONE * 1000)
    await asyncio.sleep(0.2)
    twilio.rest("POST", f"/Calls/{sid}.json", data={"Twiml": "<Response><Pause length='1'/></Response>"})
    await bridge.closed.wait()
    ledger = await twilio.ended(sid)

    assert bridge.frames[-1][1]["event"] == "stop"
    assert ledger["end_reason"] == "twiml_end"
    assert sum(until - since for since, until in ledger["heard"]) < 15_000


@pytest.mark.parametrize(("rule", "stops"), [((), 1), (({"fault": "stream_without_stop"},), 0)])
async def test_an_end_over_rest_closes_the_stream(
    twilio: TwilioSimulator, server: StreamServer, rule: tuple[Any, ...], stops: int
) -> None:
    twilio.faults(*rule)
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    twilio.rest("POST", f"/Calls/{sid}.json", data={"Status": "completed"})
    await bridge.closed.wait()
    ledger = await twilio.ended(sid)

    assert len(bridge.of("stop")) == stops
    assert ledger["end_reason"] == "hung_up_by_rest"


async def test_the_streams_own_callback_tells(twilio: TwilioSimulator, server: StreamServer, far: FarEnd) -> None:
    twiml = stream_twiml(server.url).replace("<Stream ", f'<Stream name="n" statusCallback="{far.origin}/stream" ')
    place(twilio, twiml, {"pause": 0.2}, "hang_up")
    bridge = await server.first()
    await eventually(lambda: len(far.at("/stream")) == 2)

    started, stopped = far.at("/stream")
    assert started.signed
    assert (started.form["StreamEvent"], stopped.form["StreamEvent"]) == ("stream-started", "stream-stopped")
    assert (started.form["StreamName"], started.form["StreamSid"]) == ("n", bridge.stream_sid)
