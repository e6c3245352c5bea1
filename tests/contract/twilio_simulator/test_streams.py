"""Simulated media streams over real sockets: handshake, frames, pacing, play buffer, keys and words."""

import asyncio
import base64
import json
import wave
from itertools import pairwise

import numpy as np
import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from simulators.lateness import slack_ms
from simulators.speech import voice
from tests.support.simulators.twilio import ACCOUNT, TOKEN, StreamServer, TwilioSimulator, eventually, stream_twiml
from tests.support.simulators.twilio_streams import TONE, place, play, played


async def test_the_handshake_is_signed_over_the_url_as_the_twiml_has_it(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url, token="one-time"), {"pause": 0.3}, "hang_up")
    bridge = await server.first()
    signature = bridge.headers["x-twilio-signature"]

    assert signature == RequestValidator(TOKEN).compute_signature(server.url, {})
    await bridge.closed.wait()
    connected, start = (frame for _, frame in bridge.frames[:2])
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert start["sequenceNumber"] == "1"
    assert start["start"] == {
        "accountSid": ACCOUNT,
        "streamSid": bridge.stream_sid,
        "callSid": sid,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "one-time"},
    }
    last = bridge.frames[-1][1]
    assert (last["event"], last["stop"]) == ("stop", {"accountSid": ACCOUNT, "callSid": sid})
    numbers = [int(frame["sequenceNumber"]) for _, frame in bridge.frames[1:]]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.alone
async def test_voice_comes_every_20_ms_without_drift_also_when_nobody_speaks(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url), {"pause": 4})
    bridge = await server.first()
    await bridge.until("media", count=180)
    await bridge.close()
    slack_s = slack_ms(await twilio.ended(sid), []) / 1000

    media, times = bridge.of("media")[:180], bridge.times("media")[:180]
    assert {len(base64.b64decode(frame["media"]["payload"])) for frame in media} == {160}
    assert {frame["media"]["payload"] for frame in media} == {base64.b64encode(b"\xff" * 160).decode()}
    assert [frame["media"]["chunk"] for frame in media] == [str(number) for number in range(1, 181)]
    stamps = [int(frame["media"]["timestamp"]) for frame in media]
    assert {after - before for before, after in pairwise(stamps)} == {20}
    # each frame against an ideal clock, anchored at the median so that one late frame moves nothing
    lateness = np.array(times) - times[0] - np.arange(180) * 0.02
    lateness -= np.median(lateness)
    soonest = [np.quantile(part, 0.1) for part in (lateness[:60], lateness[-60:])]  # a busy machine only adds delay
    assert abs(soonest[1] - soonest[0]) < 0.005, "the clock drifts"
    assert np.median(np.abs(lateness)) < 0.01 + slack_s


@pytest.mark.alone
async def test_a_mark_comes_back_when_its_audio_was_played(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await bridge.send("mark", name="at once")
    await bridge.until("mark")
    await play(bridge, TONE * 25)
    await bridge.send("mark", name="half a second")
    await play(bridge, TONE * 10)
    await bridge.send("mark", name="the end")
    await bridge.until("mark", count=3)
    await bridge.close()
    ledger = await twilio.ended(sid)

    assert [frame["mark"]["name"] for frame in bridge.of("mark")] == ["at once", "half a second", "the end"]
    at_once, half, end = ledger["streams"][0]["marks"]
    began_ms = played(twilio, sid)[0]["at_ms"]
    slack = slack_ms(ledger, [])
    assert 480 - slack <= half["echoed_ms"] - began_ms <= 600 + slack
    assert 680 - slack <= end["echoed_ms"] - began_ms <= 800 + slack
    assert [mark["cleared"] for mark in (at_once, half, end)] == [False, False, False]
    assert at_once["echoed_ms"] - at_once["received_ms"] < 5 + slack


async def test_a_clear_drops_what_was_not_heard_and_sends_its_marks_back(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await play(bridge, TONE * 1000)
    await bridge.send("mark", name="a")
    await bridge.send("mark", name="b")
    await asyncio.sleep(0.5)
    await bridge.send("clear")
    await bridge.until("mark", count=2)
    await bridge.close()
    ledger = await twilio.ended(sid)

    stream = ledger["streams"][0]
    assert stream["clears"][0]["marks"] == ["a", "b"]
    assert [mark["cleared"] for mark in stream["marks"]] == [True, True]
    [[since, until]] = ledger["heard"]
    assert until - since + stream["clears"][0]["dropped_ms"] == pytest.approx(20_000, abs=1)
    assert until == pytest.approx(stream["clears"][0]["at_ms"], abs=25 + slack_ms(ledger, []))
    assert stream["cut_ms"] == 0
    assert stream["first_audible_ms"] <= since + 1


async def test_bad_frames_are_warned_of_and_ignored(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await bridge.send_raw("no json")
    await bridge.send_raw(b"\x00\x01")
    await bridge.send_raw(json.dumps({"event": "clear", "streamSid": "MZ" + "0" * 32}))
    await bridge.send("media", payload=base64.b64encode(TONE).decode(), track="outbound")
    await play(bridge, b"RIFF" + TONE[:99])
    await bridge.send("mark", name="still alive")
    await bridge.until("mark")

    ledger = twilio.ledger(sid)
    assert [warning["code"] for warning in ledger["warnings"]] == [31951, 31950, 31951, 31951, 0]
    assert (ledger["streams"][0]["media_frames"], ledger["streams"][0]["uneven_frames"]) == (1, 1)
    assert len(twilio.admin("GET", f"/calls/{sid}/media")["streams"][0]["media"]) == 1


async def test_more_than_ten_minutes_are_discarded(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url))
    bridge = await server.first()
    await play(bridge, b"\xff" * (8000 * 601))
    await bridge.send("clear")
    await bridge.send("mark", name="done")
    await bridge.until("mark")

    ledger = twilio.ledger(sid)
    assert [warning["code"] for warning in ledger["warnings"]] == [31931]
    assert ledger["streams"][0]["clears"][0]["dropped_ms"] > 599_000


async def test_keys_and_words_of_the_person_arrive(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url), {"say": "Po, e konfirmoj."}, "cough", {"press": "12"}, "hang_up")
    bridge = await server.first()
    await bridge.closed.wait()
    ledger = await twilio.ended(sid)

    assert [frame["dtmf"] for frame in bridge.of("dtmf")] == [
        {"track": "inbound_track", "digit": "1"},
        {"track": "inbound_track", "digit": "2"},
    ]
    first, second = [key["at_ms"] for key in ledger["keys"]]
    assert 250 - slack_ms(ledger, []) <= second - first <= 400 + slack_ms(ledger, [])
    spoken = b"".join(base64.b64decode(frame["media"]["payload"]) for frame in bridge.of("media"))
    assert voice.energy(spoken) > 500
    assert len(ledger["spoken"]) >= 1
    assert (ledger["end_reason"], ledger["streams"][0]["closed_by"]) == ("person_hung_up", "simulator")


async def test_the_person_waits_until_the_agent_is_done(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url), "wait_until_agent_done", {"press": "1"})
    bridge = await server.first()
    await asyncio.sleep(0.2)
    await play(bridge, TONE * 20 + b"\xff" * 2400 + TONE * 20)
    await bridge.until("dtmf")
    await bridge.close()
    ledger = await twilio.ended(sid)

    # 400 ms of tone, 300 ms of silence, 400 ms of tone, then 600 ms of quiet
    slack = slack_ms(ledger, [])
    assert 1680 - slack <= ledger["keys"][0]["at_ms"] - played(twilio, sid)[0]["at_ms"] <= 2000 + slack


async def test_the_person_interrupts_and_hangs_up_in_the_middle(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url), {"wait_agent_speaking": 500}, "hang_up")
    bridge = await server.first()
    await play(bridge, TONE * 100)
    ledger = await twilio.ended(sid)

    [[since, until]] = ledger["heard"]
    assert until - since + ledger["cut_ms"] == pytest.approx(2000, abs=1)
    assert 500 <= until - since <= 800 + slack_ms(ledger, [])
    assert ledger["cut_ms"] == ledger["streams"][0]["cut_ms"]
    assert ledger["end_reason"] == "person_hung_up"
    await bridge.until("stop")


async def test_both_voices_are_recorded_where_they_were(twilio: TwilioSimulator, server: StreamServer) -> None:
    sid = place(twilio, stream_twiml(server.url), "wait_until_agent_done", {"say": "Po"}, "hang_up", noise=30)
    bridge = await server.first()
    await play(bridge, TONE * 25)
    ledger = await twilio.ended(sid)
    path = twilio.recordings / f"{sid}.wav"
    await eventually(lambda: path.exists() and not list(twilio.recordings.glob(f"{sid}*.ulaw")))

    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        stereo = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    person, agent = (np.flatnonzero(np.abs(side) > 1000) / 8 for side in stereo.T)
    [[heard_from, heard_to]] = [[ms - ledger["answered_ms"] for ms in ledger["heard"][0]]]
    assert abs(agent[0] - heard_from) < 30
    assert abs(agent[-1] - heard_to) < 30
    assert len(agent) >= 0.95 * 4000
    assert person[0] > agent[-1] + 550


async def test_twenty_calls_at_once_keep_their_pace(twilio: TwilioSimulator, server: StreamServer) -> None:
    twilio.script("*", {"answer": {"ring_s": 0, "steps": [{"pause": 2}, "hang_up"]}})
    phones = [f"+3834412{number:04d}" for number in range(20)]
    twiml = stream_twiml(server.url)
    placed = (asyncio.to_thread(twilio.create, Twiml=twiml, To=phone) for phone in phones)
    sids = [call["sid"] for call in await asyncio.gather(*placed)]
    ledgers = [await twilio.ended(sid) for sid in sids]

    assert {ledger["end_reason"] for ledger in ledgers} == {"person_hung_up"}
    for ledger in ledgers:
        [stream], closed = ledger["streams"], next(entry for entry in ledger["timeline"] if entry["what"] == "line_closed")
        due = (ledger["answered_ms"] + closed["lasted_ms"] - stream["started_ms"]) / 20
        # a clock that was delayed catches up, except for its delay when the line was closed
        assert due - 4 - closed["worst_lateness_ms"] / 20 <= stream["frames_sent"] <= due + 20


async def test_a_stream_may_never_start_on_order(twilio: TwilioSimulator, server: StreamServer) -> None:
    twilio.faults({"fault": "stream_without_start"})
    await twilio.ended(place(twilio, stream_twiml(server.url), {"pause": 0.3}, "hang_up"))
    assert next(frame["event"] for _, frame in server.bridges[0].frames) == "connected"
    assert server.bridges[0].of("start") == []


async def test_marks_may_never_come_back_on_order(twilio: TwilioSimulator, server: StreamServer) -> None:
    twilio.faults({"fault": "marks_lost"})
    sid = place(twilio, stream_twiml(server.url), {"pause": 0.5}, "hang_up")
    bridge = await server.first()
    await play(bridge, TONE * 5)
    await bridge.send("mark", name="m1")
    await twilio.ended(sid)
    assert bridge.of("mark") == []
