"""TwiML: what the product may answer is read, and each kind of nonsense has Twilio's code."""

import pytest

from simulators.twilio.twiml import verbs
from simulators.twilio.twiml.parser import TwimlError, parse

STREAM = (
    '<Response><Connect action="https://h/after"><Stream url="wss://h/media" name="n" statusCallback="https://h/s">'
    '<Parameter name="token" value="a&amp;b"/></Stream></Connect><Hangup/></Response>'
)


def test_a_stream_is_read_with_its_parameters() -> None:
    assert parse(STREAM) == (
        verbs.ConnectStream(
            url="wss://h/media",
            name="n",
            parameters={"token": "a&b"},
            action="https://h/after",
            method="POST",
            status_callback="https://h/s",
            status_callback_method="POST",
        ),
        verbs.Hangup(),
    )


def test_a_gather_is_read_with_its_prompts_and_twilios_defaults() -> None:
    document = '<?xml version="1.0"?><Response><Gather><Play>/p.wav</Play><Pause length="2"/></Gather></Response>'

    assert parse(document) == (
        verbs.Gather(
            prompts=(verbs.Play("/p.wav", 1), verbs.Pause(2)),
            action=None,
            method="POST",
            timeout_s=5,
            num_digits=None,
            finish_on_key="#",
            action_on_empty_result=False,
        ),
    )


def test_the_small_verbs_are_read() -> None:
    document = (
        '<Response><Say language="en-GB" loop="2">Hi</Say><Play digits="1w2"/><Redirect method="get">/x</Redirect>'
        '<Reject reason="busy"/><Dial>+1</Dial></Response>'
    )

    assert parse(document) == (
        verbs.Say("Hi", "en-GB", 2),
        verbs.PlayDigits("1w2"),
        verbs.Redirect("/x", "GET"),
        verbs.Reject("busy"),
        verbs.NotSimulated("Dial"),
    )


def test_an_empty_response_holds_no_verb() -> None:
    assert parse(b"<Response/>") == ()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", 12100),
        ("<Response>", 12100),
        ("<!DOCTYPE x><Response/>", 12100),
        ("<response/>", 12200),
        ("<Response>text</Response>", 12200),
        ("<Response><hangup/></Response>", 12200),
        ("<Response><Hangup now='1'/></Response>", 12200),
        ("<Response><Connect/></Response>", 12200),
        ("<Response><Connect><Say>Hi</Say></Connect></Response>", 12200),
        ("<Response><Connect><Stream/></Connect></Response>", 12200),
        ("<Response><Connect><Stream url='wss://h/m' track='both_tracks'/></Connect></Response>", 31941),
        ("<Response><Connect><Stream url='wss://h/m'><Parameter name='a'/></Stream></Connect></Response>", 12200),
        ("<Response><Gather numDigits='one'/></Response>", 12200),
        ("<Response><Gather method='PUT'/></Response>", 12200),
        ("<Response><Gather><Hangup/></Gather></Response>", 12200),
        ("<Response><Say></Say></Response>", 13520),
        (f"<Response><Say>{'a' * 4097}</Say></Response>", 13521),
        ("<Response><Play/></Response>", 12200),
        ("<Response><Reject reason='no'/></Response>", 12200),
        (f"<Response><Pause/>{' ' * 65536}</Response>", 11750),
    ],
)
def test_what_twilio_would_not_run_has_its_code(document: str, code: int) -> None:
    with pytest.raises(TwimlError) as refused:
        parse(document)

    assert refused.value.code == code


def test_a_parameter_has_fewer_than_500_characters() -> None:
    def stream(length: int) -> str:
        parameter = f'<Parameter name="token" value="{"v" * (length - 5)}"/>'
        return f'<Response><Connect><Stream url="wss://h/m">{parameter}</Stream></Connect></Response>'

    assert parse(stream(499))
    with pytest.raises(TwimlError, match="500"):
        parse(stream(500))
