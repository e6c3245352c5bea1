"""What the played speech model does next, as a pure function of its instructions and the talk so far.

The instructions hold keyed lines, `[ask] «…»`, which the model speaks when their moment has come; a response that is
asked for with `«…»` in its own instructions is spoken word for word.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simulators.openai_realtime.dialogue.text_parsing import callback_time, changed_part, verbatim_of
from simulators.speech.phrases import Intent

_QUESTIONS = ("ask", "read_back_cancel", "anything_else")
_STRIKES = 3
_MOSTLY = 0.8
"""A line of which this part was heard counts as said."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function call: the tool's name and its arguments."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of the assistant, as far as it was heard."""

    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A turn of the customer, with the words as understood and their language (ISO 639-1), empty where unknown."""

    intent: Intent
    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """A function call of the assistant and the tool's answer, which may be missing yet."""

    call: Call
    output: str | None


@dataclass(frozen=True, slots=True)
class Remarked:
    """A system message beside the instructions; words in guillemets are to begin the next answer."""

    text: str


Turn = Said | Told | Called | Remarked


@dataclass(frozen=True, slots=True)
class Reply:
    """What a response holds: speech (empty for none) and calls. Neither: the model keeps silent."""

    speech: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, slots=True)
class Talk:
    """All the model goes by. `tools` are the names it may call, `now` is the time of a call-back it computes.

    `other_languages` (ISO 639-1) are those it may switch to.
    """

    script: Mapping[str, str]
    turns: Sequence[Turn]
    tools: frozenset[str]
    now: datetime = field(kw_only=True)
    other_languages: frozenset[str] = field(default=frozenset(), kw_only=True)


def reply_to(talk: Talk) -> Reply:
    """What the model does now, given that it was asked to respond."""
    reply = _wish(talk)
    speech = " ".join(words for words in (_owed(talk), reply.speech) if words)
    return Reply(speech, tuple(call for call in reply.calls if call.name in talk.tools))


def _wish(talk: Talk) -> Reply:
    """The reply, not knowing which tools there are, nor what is owed."""
    match next((turn for turn in reversed(talk.turns) if not isinstance(turn, Remarked)), None):
        case Told() as told:
            return _answer_or_switch(talk, told)
        case Called(Call("switch_language", _), _):
            told = next(turn for turn in reversed(talk.turns) if isinstance(turn, Told))
            return Reply(_opening(talk)) if told.intent is Intent.REPEAT else _answer(talk, told)
        case Called(call, output):
            return _go_on_after(talk, call, output)
        case Said():
            return Reply(_question_line(talk) or _line(talk, "ask"))
        case None:
            return Reply(_line(talk, "greeting"))


def _owed(talk: Talk) -> str:
    """What a system message wants said first, unless it has been said since."""
    for turn in reversed(talk.turns):
        if isinstance(turn, Said):
            break
        if isinstance(turn, Remarked) and (words := verbatim_of(turn.text)):
            return words
    return ""


def _answer_or_switch(talk: Talk, told: Told) -> Reply:
    """The answer; to a sentence in another of the languages the model switches first, unless it can decide on it at once."""
    reply = _answer(talk, told)
    is_asked_for = told.intent is Intent.LANGUAGE
    is_sentence = len(told.words.split()) > 1
    if told.language not in talk.other_languages or not (is_asked_for or is_sentence):
        return reply
    if reply.calls:
        return Reply(reply.speech, tuple(_in_language(call, told.language) for call in reply.calls))
    switch = {"language": told.language, "quote": told.words, "is_asked_for": is_asked_for}
    return Reply(calls=(Call("switch_language", switch),)) if "switch_language" in talk.tools else reply


def _in_language(call: Call, language: str) -> Call:
    """The call, saying in which language the customer decided."""
    return Call(call.name, {**call.arguments, "language": language}) if call.name == "record_outcome" else call


def _answer(talk: Talk, told: Told) -> Reply:
    match told.intent:
        case Intent.CONFIRM:
            return _record("confirmed", told)
        case Intent.CANCEL:
            return _record("cancelled", told) if _asks_to_cancel(talk) else _read_back(talk, told)
        case Intent.CHANGE:
            return _record("change_requested", told, note=told.words, change={changed_part(told.words): told.words})
        case Intent.CALLBACK:
            return _record("callback_requested", told, **callback_time(told.words, talk.now))
        case Intent.WRONG_NUMBER:
            return _record("wrong_number", told)
        case Intent.OPT_OUT:
            return _record("opted_out", told)
        case Intent.MACHINE:
            return _record("machine", told)
        case Intent.WAIT:
            return Reply(_line(talk, "wait"))
        case Intent.REPEAT:
            return Reply(_last_said(talk) or _opening(talk))
        case Intent.YES | Intent.NO | Intent.HELLO | Intent.LANGUAGE | Intent.UNCLEAR:
            is_over = _is_decided(talk) and _question(talk, since_the_decision=True) not in {"ask", "read_back_cancel"}
            return _after_the_decision(talk) if is_over else _short_answer(talk, told)


def _short_answer(talk: Talk, told: Told) -> Reply:
    """To words that mean something only after a question."""
    if told.intent in {Intent.YES, Intent.NO} and (cut_off := _cut_off_question(talk)):
        return Reply(cut_off)
    question = _question(talk)
    if question is None:
        return Reply(_opening(talk))
    match told.intent, question:
        case Intent.YES, "read_back_cancel":
            return _record("cancelled", told)
        case Intent.YES, _:
            return _record("confirmed", told)
        case Intent.NO, "read_back_cancel":
            return Reply(_line(talk, "ask"))
        case Intent.NO, _:
            return _read_back(talk, told)
        case ((Intent.HELLO | Intent.LANGUAGE), _):
            return Reply(_question_line(talk))
        case _:
            return _not_understood(talk, question)


def _not_understood(talk: Talk, question: str) -> Reply:
    strikes = _strikes(talk)
    if strikes >= _STRIKES:
        return Reply(calls=(Call("end_call", {"reason": "not understood"}),))
    if strikes == _STRIKES - 1 and (keypad := _line(talk, "keypad")):
        return Reply(keypad)
    lines = [_line(talk, "not_understood")]
    if question == "read_back_cancel":
        lines.append(_line(talk, question))
    return Reply(" ".join(line for line in lines if line))


def _after_the_decision(talk: Talk) -> Reply:
    """The customer speaks up during the goodbye, without a new decision."""
    line = _line(talk, "anything_else")
    if line and _question(talk) != "anything_else":
        return Reply(line)
    return Reply(calls=(Call("end_call", {"reason": "decided"}),))


def _go_on_after(talk: Talk, call: Call, output: str | None) -> Reply:
    if output is not None and '"error"' in output:
        return Reply(calls=(call,))
    return Reply(_line(talk, "goodbye") or "Faleminderit, mirupafshim.")


def _record(outcome: str, told: Told, **more: object) -> Reply:
    return Reply(calls=(Call("record_outcome", {"outcome": outcome, "quote": told.words, **more}),))


def _read_back(talk: Talk, told: Told) -> Reply:
    line = _line(talk, "read_back_cancel")
    return Reply(line) if line else _record("cancelled", told)


def _opening(talk: Talk) -> str:
    lines = [_line(talk, "details"), _line(talk, "ask")]
    return " ".join(line for line in lines if line) or _line(talk, "not_understood")


def _question(talk: Talk, *, since_the_decision: bool = False) -> str | None:
    """The key of the question asked last."""
    for turn in reversed(talk.turns):
        if since_the_decision and _decides(turn):
            break
        if isinstance(turn, Said):
            asked = [(turn.text.rfind(start), key) for key in _QUESTIONS if (start := _start_of(talk, key))]
            place, key = max(asked, default=(-1, ""))
            if place >= 0:
                return key
    return None


def _cut_off_question(talk: Talk) -> str:
    """The read-back that the customer cut off: a yes to half of it is none."""
    line = _line(talk, "read_back_cancel")
    said = _last_said(talk)
    return line if said and line.startswith(said) and len(said) < len(_start_of(talk, "read_back_cancel")) else ""


def _question_line(talk: Talk) -> str:
    question = _question(talk)
    return _line(talk, question) if question else ""


def _asks_to_cancel(talk: Talk) -> bool:
    return _question(talk) == "read_back_cancel"


def _start_of(talk: Talk, key: str) -> str:
    line = _line(talk, key)
    return line[: max(1, int(len(line) * _MOSTLY))] if line else ""


def _strikes(talk: Talk) -> int:
    """How many times in a row the customer was not understood, this time included, since the first question."""
    strikes = 0
    details = _start_of(talk, "details")
    for turn in reversed(talk.turns):
        match turn:
            case Told(Intent.UNCLEAR):
                strikes += 1
            case Told():
                break
            case Said(text) if details and details in text:
                break
            case _:
                continue
    return strikes


def _is_decided(talk: Talk) -> bool:
    """Whether an outcome has been recorded, by the tool or by a key that was reported."""
    return any(_decides(turn) for turn in talk.turns)


def _decides(turn: Turn) -> bool:
    match turn:
        case Called(Call("record_outcome", _), str(output)):
            return '"error"' not in output
        case Remarked(text):
            return re.search(r"pressed\W+(key\W+)?[123]\b", text) is not None
        case _:
            return False


def _last_said(talk: Talk) -> str:
    return next((turn.text for turn in reversed(talk.turns) if isinstance(turn, Said) and turn.text), "")


def _line(talk: Talk, key: str) -> str:
    return talk.script.get(key, "")
