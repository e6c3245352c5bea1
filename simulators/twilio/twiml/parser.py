"""Parses a TwiML document into verbs, or refuses it with the code of Twilio's error dictionary."""

from collections.abc import Callable, Mapping
from xml.etree import ElementTree as ET

from simulators.twilio.twiml.verbs import (
    ConnectStream,
    Gather,
    Hangup,
    NotSimulated,
    Pause,
    Play,
    PlayDigits,
    Redirect,
    Reject,
    Say,
    Verb,
)

MAX_DOCUMENT_BYTES = 64 * 1024
MAX_PARAMETER_CHARACTERS = 500


class TwimlError(Exception):
    """A document that Twilio would not run; `code` is from its error dictionary."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "Say": frozenset({"voice", "language", "loop"}),
    "Play": frozenset({"loop", "digits"}),
    "Pause": frozenset({"length"}),
    "Gather": frozenset(
        {"input", "action", "method", "timeout", "numDigits", "finishOnKey", "actionOnEmptyResult", "language"}
        | {"hints", "speechTimeout", "speechModel", "enhanced", "profanityFilter", "bargeIn", "maxSpeechTime"}
        | {"partialResultCallback", "partialResultCallbackMethod", "debug"}
    ),
    "Redirect": frozenset({"method"}),
    "Hangup": frozenset(),
    "Reject": frozenset({"reason"}),
    "Connect": frozenset({"action", "method"}),
    "Stream": frozenset({"url", "name", "track", "statusCallback", "statusCallbackMethod"}),
    "Parameter": frozenset({"name", "value"}),
}
_CHILDREN: Mapping[str, frozenset[str]] = {
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Connect": frozenset({"Stream"}),
    "Stream": frozenset({"Parameter"}),
}
_WITH_TEXT = frozenset({"Say", "Play", "Redirect"})
_NOT_SIMULATED = frozenset(
    {"Dial", "Enqueue", "Leave", "Message", "Pay", "Prompt", "Queue", "Record", "Refer", "Sms", "Start", "Stop"}
)
_METHODS = frozenset({"GET", "POST"})


def parse(document: str | bytes) -> tuple[Verb, ...]:
    """Parse a document into its verbs.

    Raises:
        TwimlError: 11750 too large, 12100 not XML, 12200 not TwiML (names are case-sensitive), 13520/13521 the text
            of a `<Say>`, 31941 a track that `<Connect>` does not allow.
    """
    text = document.decode("utf-8", "replace") if isinstance(document, bytes) else document
    if len(text.encode()) > MAX_DOCUMENT_BYTES:
        raise TwimlError(11750, f"the document has more than {MAX_DOCUMENT_BYTES} bytes")
    if "<!DOCTYPE" in text:
        raise TwimlError(12100, "a document type is not allowed")
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 - without a document type there are no entities
    except ET.ParseError as problem:
        raise TwimlError(12100, f"no XML: {problem}") from problem
    if root.tag != "Response" or root.attrib or _text(root):
        raise TwimlError(12200, "the root is a bare <Response>")
    return tuple(_verb(element) for element in root)


def _verb(element: ET.Element) -> Verb:
    if element.tag in _NOT_SIMULATED:
        return NotSimulated(element.tag)
    reader = _READERS.get(element.tag)
    if reader is None:
        raise TwimlError(12200, f"<{element.tag}> is no verb")
    _check(element)
    return reader(element)


def _check(element: ET.Element) -> None:
    unknown = set(element.attrib) - _ATTRIBUTES[element.tag]
    if unknown:
        raise TwimlError(12200, f"<{element.tag}> has no attribute {', '.join(sorted(unknown))}")
    allowed = _CHILDREN.get(element.tag, frozenset())
    for child in element:
        if child.tag not in allowed:
            raise TwimlError(12200, f"<{child.tag}> may not stand in <{element.tag}>")
        _check(child)
    stray = "".join([element.text or "" if element.tag not in _WITH_TEXT else "", *(c.tail or "" for c in element)])
    if stray.strip():
        raise TwimlError(12200, f"text is not allowed in <{element.tag}>")


def _say(element: ET.Element) -> Say:
    text = _text(element)
    if not text:
        raise TwimlError(13520, "<Say> has no text")
    if len(text) > 4096:
        raise TwimlError(13521, "<Say> has more than 4096 characters")
    return Say(text, element.get("language", "en-US"), _whole(element, "loop", 1))


def _play(element: ET.Element) -> Play | PlayDigits:
    digits = element.get("digits")
    if digits is not None:
        return PlayDigits(digits)
    if not _text(element):
        raise TwimlError(12200, "<Play> has no URL")
    return Play(_text(element), _whole(element, "loop", 1))


def _pause(element: ET.Element) -> Pause:
    return Pause(_whole(element, "length", 1))


def _gather(element: ET.Element) -> Gather:
    prompts = [_verb(child) for child in element]
    return Gather(
        prompts=tuple(prompt for prompt in prompts if isinstance(prompt, (Say, Play, Pause))),
        action=element.get("action") or None,
        method=_method(element, "method"),
        timeout_s=_whole(element, "timeout", 5),
        num_digits=_whole(element, "numDigits", 0) or None,
        finish_on_key=element.get("finishOnKey", "#"),
        action_on_empty_result=element.get("actionOnEmptyResult", "false").lower() == "true",
    )


def _redirect(element: ET.Element) -> Redirect:
    return Redirect(_text(element), _method(element, "method"))


def _hangup(_element: ET.Element) -> Hangup:
    return Hangup()


def _reject(element: ET.Element) -> Reject:
    reason = element.get("reason", "rejected")
    if reason not in ("rejected", "busy"):
        raise TwimlError(12200, "the reason of <Reject> is rejected or busy")
    return Reject(reason)


def _connect(element: ET.Element) -> ConnectStream:
    if len(element) != 1:
        raise TwimlError(12200, "<Connect> holds exactly one <Stream>")
    stream = element[0]
    if stream.get("track", "inbound_track") != "inbound_track":
        raise TwimlError(31941, "<Connect><Stream> has only the inbound_track")
    url = stream.get("url", "")
    if not url:
        raise TwimlError(12200, "<Stream> has no url")
    return ConnectStream(
        url=url,
        name=stream.get("name"),
        parameters=dict(_parameter(child) for child in stream),
        action=element.get("action") or None,
        method=_method(element, "method"),
        status_callback=stream.get("statusCallback"),
        status_callback_method=_method(stream, "statusCallbackMethod"),
    )


def _parameter(element: ET.Element) -> tuple[str, str]:
    name, value = element.get("name"), element.get("value")
    if not name or value is None:
        raise TwimlError(12200, "<Parameter> has a name and a value")
    if len(name) + len(value) >= MAX_PARAMETER_CHARACTERS:
        raise TwimlError(12200, f"<Parameter> has fewer than {MAX_PARAMETER_CHARACTERS} characters")
    return name, value


def _text(element: ET.Element) -> str:
    return (element.text or "").strip()


def _whole(element: ET.Element, attribute: str, default: int) -> int:
    text = element.get(attribute, str(default))
    if not text.isdecimal():
        raise TwimlError(12200, f"{attribute} of <{element.tag}> is a whole number")
    return int(text)


def _method(element: ET.Element, attribute: str) -> str:
    method = element.get(attribute, "POST").upper()
    if method not in _METHODS:
        raise TwimlError(12200, f"{attribute} of <{element.tag}> is GET or POST")
    return method


_READERS: Mapping[str, Callable[[ET.Element], Verb]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Connect": _connect,
}
