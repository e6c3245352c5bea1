"""The documents, read back by an XML parser."""

from xml.etree.ElementTree import Element, fromstring

from shared.twilio.twiml import disclosure_twiml, farewell_twiml, hangup_twiml, keypad_twiml, stream_twiml

ORIGIN = "https://calls.shop.example"


def _verbs(document: str) -> list[Element]:
    root = fromstring(document.encode())  # noqa: S314 -- our own document
    assert root.tag == "Response"
    return list(root)


def test_an_answered_call_is_connected_and_goes_on_in_one_place_however_the_stream_ends() -> None:
    document = stream_twiml(public_url=ORIGIN, token='a"<&>', confirmation_id="cnf_1", attempt_id="att_1")
    connect, redirect = _verbs(document)
    stream = connect[0]
    assert (connect.tag, stream.tag, redirect.tag) == ("Connect", "Stream", "Redirect")
    assert stream.get("url") == "wss://calls.shop.example/media-stream"
    assert [(child.get("name"), child.get("value")) for child in stream] == [("token", 'a"<&>')]
    assert connect.get("action") == redirect.text
    assert (redirect.text or "").startswith(f"{ORIGIN}/twilio/after-stream/cnf_1/att_1#")
    assert len(document) < 4000  # what Twilio takes in `Twiml`


def test_the_keypad_is_asked_for_twice_then_silence_is_reported() -> None:
    *gathers, redirect = _verbs(keypad_twiml(public_url=ORIGIN, language="sq", confirmation_id="cnf_1", attempt_id="att_1"))
    assert [gather.tag for gather in gathers] == ["Gather", "Gather"]
    for gather in gathers:
        assert (gather.get("numDigits"), gather.get("input"), gather.get("finishOnKey")) == ("1", "dtmf", "")
        assert (gather.get("action") or "").startswith(f"{ORIGIN}/twilio/keypad/cnf_1/att_1#")
        assert [play.text for play in gather] == [f"{ORIGIN}/prompts/sq/keypad.wav"]
    assert (redirect.text or "").startswith(f"{ORIGIN}/twilio/silence/cnf_1/att_1#")


def test_the_key_is_reported_only_after_the_disclosure_which_no_key_cuts_off() -> None:
    document = disclosure_twiml(public_url=ORIGIN, language="sq", confirmation_id="cnf_1", attempt_id="att_1", digit="2")
    play, redirect = _verbs(document)
    assert (play.tag, play.text) == ("Play", f"{ORIGIN}/prompts/sq/disclosure.wav")
    assert (redirect.tag, redirect.get("method")) == ("Redirect", "POST")
    assert (redirect.text or "").startswith(f"{ORIGIN}/twilio/after-disclosure/2/cnf_1/att_1#")


def test_farewells_end_with_a_hang_up() -> None:
    play, hangup = _verbs(farewell_twiml(["https://h.example/prompts/sq/no_order.wav"]))
    assert (play.tag, play.text, hangup.tag) == ("Play", "https://h.example/prompts/sq/no_order.wav", "Hangup")
    assert [verb.tag for verb in _verbs(hangup_twiml())] == ["Hangup"]
