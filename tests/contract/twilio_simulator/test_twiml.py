"""The Twilio simulator runs TwiML on a real line: prompts are played, keys are gathered, errors end the call."""

from pathlib import Path
from typing import Any

import pytest

from simulators.lateness import slack_ms
from simulators.speech import voice
from tests.support.simulators.twilio import ARTA, FarEnd, TwilioSimulator, eventually

ANSWERS = {"ring_s": 0, "patience_s": 8}


def audio_file(far: FarEnd, folder: Path, *, seconds: float) -> str:
    """Serve a tone of that length at `/prompt.wav`; return its URL."""
    path = folder / "prompt.wav"
    tone = (b"\x20" * 4 + b"\xa0" * 4) * int(seconds * 1000)
    voice.write_wav(path, tone, tone)
    far.answers["/prompt.wav"] = (200, "audio/wav", path.read_bytes())
    return far.origin + "/prompt.wav"


async def run(twilio: TwilioSimulator, twiml: str, *steps: object, **parameters: object) -> dict[str, Any]:
    """Call a person with those steps; return the ledger after the end."""
    twilio.script(ARTA, {"answer": {**ANSWERS, "steps": list(steps)}})
    source = parameters if "Url" in parameters else {"Twiml": f"<Response>{twiml}</Response>"}
    return await twilio.ended(twilio.create(**{**source, **parameters})["sid"])


def heard_ms(ledger: dict[str, Any]) -> float:
    return float(sum(until - since for since, until in ledger["heard"]))


async def test_a_file_is_fetched_and_heard_for_its_length(twilio: TwilioSimulator, far: FarEnd, tmp_path: Path) -> None:
    ledger = await run(twilio, f"<Play loop='2'>{audio_file(far, tmp_path, seconds=0.5)}</Play>")

    assert [one.method for one in far.at("/prompt.wav")] == ["GET"]
    assert heard_ms(ledger) == pytest.approx(1000, abs=60 + slack_ms(ledger, []))
    assert ledger["ended_ms"] - ledger["answered_ms"] >= 1000
    assert (ledger["end_reason"], ledger["errors"], ledger["cut_ms"]) == ("twiml_end", [], 0)


async def test_words_are_heard_and_an_unknown_voice_is_not(twilio: TwilioSimulator) -> None:
    said = await run(twilio, "<Say>Hello</Say>")
    mute = await run(twilio, "<Say language='sq-AL'>Mirë</Say>")

    assert heard_ms(said) > 200
    assert (heard_ms(mute), mute["errors"][0]["code"]) == (0, 12200)


async def test_a_key_breaks_off_the_prompt_and_goes_to_the_action(twilio: TwilioSimulator, far: FarEnd, tmp_path: Path) -> None:
    prompt = audio_file(far, tmp_path, seconds=4)
    action = far.say("/keys", "<Response><Hangup/></Response>")
    gather = f"<Gather numDigits='1' action='{action}'><Play>{prompt}</Play></Gather>"

    ledger = await run(twilio, gather, {"wait_agent_speaking": 300}, {"press": "1"})

    [asked] = far.at("/keys")
    assert asked.signed
    assert (asked.form["Digits"], asked.form["CallStatus"]) == ("1", "in-progress")
    assert heard_ms(ledger) < 1500 + slack_ms(ledger, [])
    assert [entry["key"] for entry in ledger["keys"]] == ["1"]


async def test_keys_end_with_the_finishing_key_or_silence(twilio: TwilioSimulator, far: FarEnd) -> None:
    action = far.say("/keys", "<Response/>")
    first = await run(twilio, f"<Gather action='{action}' timeout='5'/>", {"pause": 0.2}, {"press": "42#"})
    second = await run(twilio, f"<Gather action='{action}' timeout='1'/>", {"pause": 0.2}, {"press": "7"})

    assert [one.form["Digits"] for one in far.at("/keys")] == ["42", "7"]
    assert first["ended_ms"] - first["answered_ms"] < 4000
    assert second["ended_ms"] - second["answered_ms"] > 1100


async def test_no_key_falls_through_unless_the_empty_result_is_wanted(twilio: TwilioSimulator, far: FarEnd) -> None:
    action = far.say("/keys", "<Response/>")
    through = await run(twilio, f"<Gather action='{action}' timeout='1'/><Hangup/>")
    assert (through["end_reason"], far.received) == ("twiml_hangup", [])

    await run(twilio, f"<Gather action='{action}' timeout='1' actionOnEmptyResult='true'/>")
    assert far.at("/keys")[0].form["Digits"] == ""


async def test_documents_lead_to_each_other_by_relative_urls(twilio: TwilioSimulator, far: FarEnd) -> None:
    url = far.say("/a/first?x=1", "")
    far.say("/a/first", "<Response><Redirect method='GET'>second</Redirect><Hangup/></Response>")
    far.say("/a/second", "<Response><Pause length='1'/></Response>")

    ledger = await run(twilio, "", Url=url)

    first, second = far.received
    assert first.signed
    assert second.signed
    assert (first.method, second.method, second.path) == ("POST", "GET", "/a/second")
    assert "CallSid=" in second.url
    assert ledger["end_reason"] == "twiml_end"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/xml", b"<Response/>"), 11200),
        ((404, "text/xml", b""), 11200),
        ((200, "application/json", b"{}"), 12300),
        ((200, "text/xml", b"<Response>"), 12100),
        ((204, "", b""), 12100),
        ((200, "text/xml", b"<Response><hangup/></Response>"), 12200),
        ((200, "text/xml", b"<Response>" + b" " * 70_000 + b"</Response>"), 11750),
    ],
)
async def test_a_bad_document_ends_the_call_with_twilios_code(
    twilio: TwilioSimulator, far: FarEnd, answer: tuple[int, str, bytes], code: int
) -> None:
    far.answers["/voice"] = answer

    ledger = await run(twilio, "", Url=far.origin + "/voice")

    assert (ledger["status"], ledger["end_reason"]) == ("completed", "twiml_error")
    assert [error["code"] for error in ledger["errors"]] == [code]


async def test_the_fallback_is_asked_with_the_error(twilio: TwilioSimulator, far: FarEnd) -> None:
    far.answers["/voice"] = (500, "text/xml", b"")
    fallback = far.say("/fallback", "<Response><Hangup/></Response>")

    ledger = await run(twilio, "", Url=far.origin + "/voice", FallbackUrl=fallback)

    assert far.at("/fallback")[0].form["ErrorCode"] == "11200"
    assert ledger["end_reason"] == "twiml_hangup"


@pytest.mark.parametrize(
    ("twiml", "code"),
    [
        ("<Play>{origin}/absent.wav</Play>", 11200),
        ("<Play>{origin}/text.wav</Play>", 12300),
        ("<Play>http://127.0.0.1:9/a.wav</Play>", 11205),
        ("<Play>/relative.wav</Play>", 11100),
        ("<Redirect/>", 11100),
        ("<Reject/>", 12200),
    ],
)
async def test_a_verb_that_cannot_be_done_ends_the_call(twilio: TwilioSimulator, far: FarEnd, twiml: str, code: int) -> None:
    far.answers["/absent.wav"] = (404, "audio/wav", b"")
    far.answers["/text.wav"] = (200, "text/plain", b"no sound")

    ledger = await run(twilio, twiml.format(origin=far.origin))

    assert ([error["code"] for error in ledger["errors"]], ledger["end_reason"]) == ([code], "twiml_error")


async def test_what_is_not_simulated_is_skipped_with_a_warning(twilio: TwilioSimulator) -> None:
    ledger = await run(twilio, "<Dial>+38344111111</Dial><Hangup/>")

    assert ledger["end_reason"] == "twiml_hangup"
    assert "Dial" in ledger["warnings"][0]["message"]


async def test_a_new_document_over_rest_breaks_off_the_old(twilio: TwilioSimulator, far: FarEnd, tmp_path: Path) -> None:
    twilio.script(ARTA, {"answer": {**ANSWERS, "steps": [{"wait_agent_speaking": 300}, {"press": "5"}, "stay"]}})
    prompt = audio_file(far, tmp_path, seconds=20)
    sid = twilio.create(Twiml=f"<Response><Play>{prompt}</Play></Response>")["sid"]
    await eventually(lambda: twilio.ledger(sid)["keys"])
    twilio.rest("POST", f"/Calls/{sid}.json", data={"Twiml": "<Response><Say>Bye</Say></Response>"})
    ledger = await twilio.ended(sid)

    assert ledger["end_reason"] == "twiml_end"
    assert heard_ms(ledger) < 15_000
    assert [entry["verb"] for entry in ledger["timeline"] if entry["what"] == "verb"] == ["Play", "Say"]
