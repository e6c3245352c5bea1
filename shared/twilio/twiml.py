"""The few TwiML documents we ever send. None holds anything personal; the stream's token is the only secret."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from shared.core.proof import PROOF_CHARACTERS
from shared.twilio.callback_urls import CallbackUrls

CONTENT_TYPE = "text/xml; charset=utf-8"

KEY_WAIT_S = 7
_ROUNDS = 2


def stream_twiml(*, public_url: str, token: str, confirmation_id: str, attempt_id: str) -> str:
    """Return the document that connects an answered call with the bridge.

    When the stream ends, or can't be had, the call goes on at the after-stream URL. Which of `action` and the next verb
    Twilio follows after a failed handshake is not documented, so both lead there.
    """
    urls = CallbackUrls(public_url)
    after = urls.after_stream(confirmation_id, attempt_id)
    response = Element("Response")
    connect = SubElement(response, "Connect", action=after, method="POST")
    stream = SubElement(connect, "Stream", url=urls.stream)
    SubElement(stream, "Parameter", name="token", value=token)
    SubElement(response, "Redirect", method="POST").text = after
    return _document(response)


def keypad_twiml(*, public_url: str, language: str, confirmation_id: str, attempt_id: str) -> str:
    """Return the document that asks for a key with the stored prompt, twice, and then gives up."""
    urls = CallbackUrls(public_url)
    silence = urls.silence(confirmation_id, attempt_id)
    return _keys_twiml(urls.prompt(language, "keypad"), 1, action=urls.keypad(confirmation_id, attempt_id), silence=silence)


def proof_twiml(*, public_url: str, language: str, confirmation_id: str, attempt_id: str, failures: int) -> str:
    """Return the document that asks a caller for the keys that prove the order, twice, and then gives up.

    No key ends the input early: the key of a call back comes alone, and counts when no other has followed it.
    """
    urls = CallbackUrls(public_url)
    silence = urls.silence(confirmation_id, attempt_id)
    return _keys_twiml(
        urls.prompt(language, "prove"), PROOF_CHARACTERS, action=urls.proof(confirmation_id, attempt_id, failures), silence=silence
    )


def disclosure_twiml(*, public_url: str, language: str, confirmation_id: str, attempt_id: str, digit: str) -> str:
    """Return the document that plays the stored disclosure to its end, and then reports the key that was pressed before.

    No key cuts a `<Play>` outside of `<Gather>` off, and of a caller who hangs up nothing more is asked: so the report proves
    that the disclosure was heard. (Source: Twilio, "TwiML Voice: Play" and "Redirect".)
    """
    urls = CallbackUrls(public_url)
    response = Element("Response")
    SubElement(response, "Play").text = urls.prompt(language, "disclosure")
    SubElement(response, "Redirect", method="POST").text = urls.after_disclosure(confirmation_id, attempt_id, digit)
    return _document(response)


def farewell_twiml(prompts: Sequence[str]) -> str:
    """Return the document that plays the stored recordings at these URLs, one after the other, and hangs up."""
    response = Element("Response")
    for url in prompts:
        SubElement(response, "Play").text = url
    SubElement(response, "Hangup")
    return _document(response)


def hangup_twiml() -> str:
    """Return the document that ends the call."""
    return farewell_twiml(())


def _keys_twiml(prompt: str, count: int, *, action: str, silence: str) -> str:
    """Return the document that plays a prompt and takes `count` keys, twice, and without any goes on at the URL `silence`."""
    response = Element("Response")
    for _ in range(_ROUNDS):
        gather = SubElement(
            response,
            "Gather",
            input="dtmf",
            numDigits=str(count),
            finishOnKey="",
            timeout=str(KEY_WAIT_S),
            action=action,
            method="POST",
        )
        SubElement(gather, "Play").text = prompt
    SubElement(response, "Redirect", method="POST").text = silence
    return _document(response)


def _document(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
